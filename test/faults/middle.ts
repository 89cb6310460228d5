import { setTimeout as sleep } from "node:timers/promises";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { Random } from "./extent.ts";
import type { FaultServer } from "./fault-server.ts";
import { wordsInPlace } from "./in-place.ts";

/** A run in the middle of its work. */
export interface Middle {
  what: string;
  /** The interrupted shell command. */
  command: (server: FaultServer) => string;
  /** The run's sessions in pg_stat_activity at that moment. */
  activity: string;
}

export const middles: readonly Middle[] = [
  {
    what: "a dump",
    command: (server) => server.command("backup_database"),
    activity: "query like 'COPY public.bulk %'",
  },
  {
    what: "a restore",
    command: (server) => server.command("restore_database", `--yes ${server.archives[0]}`),
    activity: "datname like '%\\_restoring\\_%'",
  },
];

/** The moments of a restore in place, before and after the drop. */
export const middlesInPlace: readonly Middle[] = [
  {
    what: "the backup before a restore in place",
    command: inPlace,
    activity: "query like 'COPY public.bulk %'",
  },
  {
    what: "a restore in place after its drop",
    command: inPlace,
    activity: "datname like '%\\_restoring\\_%'",
  },
];

function inPlace(server: FaultServer): string {
  return server.command("restore_database", wordsInPlace(server.archives[0]));
}

/**
 * The message of a run whose container or daemon ended. The first sign depends on its work at that moment: a message of
 * Docker or PostgreSQL, or, if both were killed, the broken pipe and the exit status.
 */
export const severed = new RegExp(
  `failed: .*(${[
    "Docker does not answer",
    "docker\\.sock: .*reset",
    "does not run",
    "unexpected EOF",
    "server closed the connection",
    "server terminated abnormally",
    "due to administrator command",
    "is shutting down",
    "is starting up",
    "the session with .* ended: ",
    "status \\d+, as when the container or Docker is stopped",
    "exit status 137",
  ].join("|")})`,
);

/** Makes dump and restore slow: a table, and the slowest compression. */
export const lasting = (settings: Settings): Settings => ({ ...settings, compressionLevel: 9 });
export const bulk = `create table bulk as select n, md5(n::text) as text from generate_series(1, 300000) as n`;

/** Between two sessions of a run there is nothing to end. Runs of a small database have many such moments. */
const attempts = 40;
const longestPauseMilliseconds = 300;

interface Interruption {
  act: () => Promise<unknown>;
  /** Undoes `act` if it came too late, after the backup or the swap; null if the run must succeed. */
  undo: (() => Promise<unknown>) | null;
  random: Random;
}

/** Starts a run, waits until it is in the middle and a random time longer, and then calls `act`. */
export async function interrupt(
  server: FaultServer,
  { what, command, activity }: Middle,
  { act, undo, random }: Interruption,
): Promise<CommandResult> {
  const { sandbox } = server;
  const asked = `select count(*) > 0 from pg_stat_activity where application_name like 'database-backups/%' and ${activity}`;
  // Without Docker, because a small dump is over before Docker answers.
  const isReached = () =>
    sandbox.psql(asked, "template1").then(
      (answer) => answer === "t",
      () => false,
    );
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    let isOver = false;
    const running = sandbox.run(`exec ${command(server)} </dev/null`).finally(() => {
      isOver = true;
    });
    let reached = false;
    while (!reached && !isOver) reached = await isReached();
    if (reached) {
      await sleep((random.next() * longestPauseMilliseconds) / (attempt + 1));
      await act();
      const result = await running;
      const late = result.code === 0 || result.stderr.includes("could not remove expired backups");
      if (!late || undo === null) return result;
      await undo();
    }
    await running;
    await server.reset();
  }
  throw new Error(`no run was interrupted in the middle of ${what}`);
}
