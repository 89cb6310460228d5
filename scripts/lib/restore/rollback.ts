import { formatBytes, formatTime } from "../base/format.ts";
import { runStart } from "../postgres/database-names.ts";
import { RestoreError } from "./errors.ts";
import { type TakenName, takeLiveName } from "./live-name.ts";
import type { KeptDatabase, LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";

export interface RolledBack extends TakenName {
  /** The kept database, or the backup, that is live again. */
  broughtBack: string;
}

/**
 * The kept database to bring back: the newest, or the one named on the command line.
 * @throws RestoreError `obstacle` when there is none.
 */
export function chooseKept(server: LiveServer, database: string, explicit: string | undefined): KeptDatabase {
  const kept = server.made.filter(({ kind }) => kind === "previous");
  const chosen = explicit === undefined ? kept[0] : kept.find(({ name }) => name === explicit);
  if (chosen !== undefined) return chosen;
  const known = kept.length === 0 ? "none is kept" : `kept are ${kept.map(({ name }) => name).join(", ")}`;
  throw new RestoreError(
    "obstacle",
    `there is no ${explicit ?? "previous database"} to bring back for ${database}: ${known}; restore a backup instead [DBK-ROLLBACK-1]`,
  );
}

/** The overview before a kept database is brought back. */
export function rollbackOverview(kept: KeptDatabase, server: LiveServer, database: string): string {
  const size = server.liveBytes === null ? "there is none now" : `${formatBytes(server.liveBytes)} now`;
  return [
    `Roll back ${database}`,
    `  to ${kept.name}: its content until ${formatTime(runStart(kept.runId))}, ${formatBytes(kept.bytes)} (${size})`,
    ...(server.live === null
      ? []
      : ["  the present database is kept in its place, and a second --rollback brings it back"]),
  ].join("\n");
}

/** Gives a kept database the live name again, in one transaction, and keeps the present one in its place. */
export async function rollBack(run: RestoreRun, server: LiveServer, kept: KeptDatabase): Promise<RolledBack> {
  return { broughtBack: kept.name, ...(await takeLiveName(run, server.maintenance, kept.name)) };
}
