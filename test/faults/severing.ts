import { docker } from "../sandbox/docker.ts";
import type { FaultServer } from "./fault-server.ts";
import { type Middle, severed } from "./middle.ts";

/** What takes the database away from a run: its container ends, or its sessions do. */
export interface Severing {
  event: string;
  /** What the run says of it. */
  says: RegExp;
  act: (server: FaultServer) => Promise<unknown>;
}

const named = {
  stopped: {
    event: "the container stopped",
    says: severed,
    act: ({ sandbox }) => docker(["stop", "--time", "5", sandbox.container]),
  },
  killed: {
    event: "the container killed",
    says: severed,
    act: ({ sandbox }) => docker(["kill", sandbox.container]),
  },
  restarted: {
    event: "the container restarted",
    says: severed,
    act: ({ sandbox }) => docker(["restart", "--time", "5", sandbox.container]),
  },
  terminated: {
    event: "the run's sessions terminated",
    // Which of the two pg_dump reads depends on what it was doing.
    says: /failed: .*(terminating connection due to administrator command|server closed the connection)/,
    act: ({ sandbox }) =>
      sandbox.psql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'database-backups/%'",
        "template1",
      ),
  },
} as const satisfies Record<string, Severing>;

/** Each of these events in each of these middles. */
export const severings = (
  middles: readonly Middle[],
  names: readonly (keyof typeof named)[],
): (Severing & { middle: Middle; what: string })[] =>
  middles.flatMap((middle) => names.map((name) => ({ ...named[name], middle, what: middle.what })));
