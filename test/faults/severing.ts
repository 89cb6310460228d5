import { docker } from "../sandbox/docker.ts";
import type { FaultServer } from "./fault-server.ts";
import { type Middle, severed } from "./middle.ts";

/** Faults that take the database away from a run: its container or its sessions end. */
export interface Severing {
  event: string;
  /** The run's message about it. */
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
    // Which of the two messages pg_dump reads depends on its work at that moment.
    says: /failed: .*(terminating connection due to administrator command|server closed the connection)/,
    act: ({ sandbox }) =>
      sandbox.psql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'database-backups/%'",
        "template1",
      ),
  },
} as const satisfies Record<string, Severing>;

/** Each of these events at each of these moments. */
export const severings = (
  middles: readonly Middle[],
  names: readonly (keyof typeof named)[],
): (Severing & { middle: Middle; what: string })[] =>
  middles.flatMap((middle) => names.map((name) => ({ ...named[name], middle, what: middle.what })));
