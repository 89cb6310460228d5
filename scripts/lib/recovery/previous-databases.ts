import type { Manifest } from "../../contract/manifest.ts";
import { recogniseDatabase, runStart } from "../postgres/database-names.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import type { Run } from "../postgres/run.ts";

const dayMilliseconds = 86_400_000;

/**
 * Of a server's databases those that restores of `live` replaced more than `keepDays` ago. Age counts up to the
 * successor's newest verified backup, so that nothing goes while backups stand still.
 */
export function expiredPrevious(
  databases: readonly string[],
  live: string,
  keepDays: number,
  newestBackup: Date,
): string[] {
  const limit = newestBackup.getTime() - keepDays * dayMilliseconds;
  return databases.filter((name) => {
    const made = recogniseDatabase(live, name);
    return made?.kind === "previous" && runStart(made.runId).getTime() < limit;
  });
}

/**
 * Drops the databases that restores replaced and whose time for a roll back is over, after `newest`, a backup of their
 * successor, was verified and while the database's lock is held.
 * @param present the names of all databases of the server, looked up while the lock was held.
 * @returns the names of those that are gone.
 * @throws PsqlError, DockerError
 */
export async function dropExpiredPrevious(
  run: Run,
  present: readonly string[],
  newest: Manifest,
): Promise<string[]> {
  const { database, log, settings, signal } = run;
  const { keepPreviousDays } = settings.retention;
  const gone = expiredPrevious(present, database.database, keepPreviousDays, new Date(newest.createdAt));
  for (const name of gone) {
    await dropDatabase(run, database.database, name, signal);
    const why = `kept for ${keepPreviousDays} days after the restore that replaced it`;
    log.event("info", database.name, `dropped ${name}: ${why}`);
  }
  return gone;
}
