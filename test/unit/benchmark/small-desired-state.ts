import type { DesiredState } from "../../benchmark/provisioning/desired-state.ts";

/** A desired state with one resource of each kind, or two if they differ. */
export const desired: DesiredState = {
  directories: [{ path: "/srv/backups", mode: "0700" }],
  files: [
    { path: "/srv/notes.txt", mode: "0600", content: "text\n" },
    { path: "/srv/it's.sh", mode: "0700", content: "#!/bin/sh\n" },
    { path: "/srv/run.sh", mode: "0700", content: "#!/bin/sh\n" },
  ],
  cron: {
    path: "/etc/cron.d/backups",
    environment: { SHELL: "/bin/sh" },
    entries: [{ schedule: "15,45 * * * 0", user: "root", command: "/srv/run.sh --quiet" }],
  },
};

/** The directory of its files on this machine. */
export const sources = { root: "/files", of: (path: string) => `/files${path}` };
