import * as z from "zod/mini";
import { recogniseDatabase, runStart } from "./database-names.ts";
import type { Log } from "./log.ts";
import type { Manifest } from "./manifest.ts";
import { type QueryOptions, query, queryJson } from "./psql.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";
import { identifier } from "./sql.ts";

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
 * @returns their names.
 * @throws PsqlError, DockerError
 */
export async function dropExpiredPrevious(
  settings: Settings,
  database: DatabaseSettings,
  newest: Manifest,
  log: Log,
  options: QueryOptions,
): Promise<string[]> {
  const names = await queryJson(
    database,
    z.array(z.string()),
    "select json_agg(datname) from pg_database",
    options,
  );
  const { keepPreviousDays } = settings.retention;
  const gone = expiredPrevious(names, database.database, keepPreviousDays, new Date(newest.createdAt));
  for (const name of gone) {
    // It waits for a checkpoint; ended half way it leaves a database that is neither there nor gone.
    const patient = { ...options, timeoutSeconds: settings.timeouts.backup };
    await query(database, `DROP DATABASE IF EXISTS ${identifier(name)}`, patient);
    log.event(
      "info",
      database.name,
      `dropped ${name}: kept for ${keepPreviousDays} days after the restore that replaced it`,
    );
  }
  return gone;
}
