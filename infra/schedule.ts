import { createHash } from "node:crypto";
import type { ServerPlan } from "./config/plan.ts";
import { serverPath } from "./launchers.ts";
import type { CronEntry } from "./remotehost/cron-table.ts";
import { cronTableText } from "./remotehost/provider/cron-table/table.ts";
import { shellWord } from "./shell.ts";

/** What cron is to do on a server. */
export interface Schedule {
  environment: Record<string, string>;
  entries: CronEntry[];
  /** Commands of hand-made entries that these replace. */
  takesOver: string[];
  /** sha256 of the table's text. */
  sha256: string;
}

/** The programs log by themselves; the redirection keeps what nobody expected. */
const quietly = (launcher: string, log: string): string =>
  `${shellWord(launcher)} --quiet >> ${shellWord(log)} 2>&1`;

/** The cron table's contents for one server. */
export function scheduleOf({ paths, backups, monitoring }: ServerPlan): Schedule {
  const environment = { SHELL: "/bin/sh", PATH: serverPath };
  const entries = [
    { schedule: backups.schedule, user: "root", command: quietly(paths.backupLauncher, paths.log) },
    { schedule: monitoring.schedule, user: "root", command: quietly(paths.statusLauncher, paths.log) },
  ];
  const text = cronTableText(environment, entries);
  return {
    environment,
    entries,
    takesOver: [shellWord(paths.backupLauncher), shellWord(paths.statusLauncher)],
    sha256: createHash("sha256").update(text).digest("hex"),
  };
}
