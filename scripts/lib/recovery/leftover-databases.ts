import * as z from "zod/mini";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { recogniseDatabase } from "../postgres/database-names.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import { queryJson } from "../postgres/psql.ts";
import { questionOptions } from "../postgres/questions.ts";
import type { Log } from "../program/log.ts";
import { livingRehearsal } from "./rehearsal-lock.ts";

/** A run that holds the lock of its database. */
export interface LockedRun {
  settings: Settings;
  database: DatabaseSettings;
  runId: string;
  log: Log;
  signal: AbortSignal;
}

/** Those of a server's databases that a restore or rehearsal of `live`, other than the living runs, was filling. */
export function leftoverDatabases(
  names: readonly string[],
  live: string,
  living: readonly (string | null)[],
): string[] {
  return names.filter((name) => {
    const made = recogniseDatabase(live, name);
    return made !== null && made.kind !== "previous" && !living.includes(made.runId);
  });
}

/**
 * Drops the databases that restores and rehearsals of this database were filling when they died: the caller holds the
 * lock, so no restore can be alive; a rehearsal may. One that cannot be dropped stays, with a warning.
 * @param connectTo the database to do it from.
 * @param present the names of all databases of the server.
 * @returns the names of those that are gone.
 */
export async function dropLeftovers(
  run: LockedRun,
  connectTo: string,
  present: readonly string[],
): Promise<string[]> {
  const { database, log, runId, signal } = run;
  const living = [runId, livingRehearsal(run.settings, database)];
  const gone: string[] = [];
  for (const name of leftoverDatabases(present, database.database, living)) {
    try {
      await dropDatabase(run, connectTo, name, signal);
      gone.push(name);
      log.event("warning", database.name, `dropped ${name}, left by a crashed run [DBK-RECOVERY-2]`);
    } catch (error) {
      signal.throwIfAborted();
      // It takes space and nothing else; what was asked for must not wait for it.
      log.event(
        "warning",
        database.name,
        `could not drop ${name}, left by a crashed run: ${messageOf(error)} [DBK-RECOVERY-3]`,
      );
    }
  }
  return gone;
}

/** The names of all databases of the server; none, in silence, when it does not answer: the run itself will say so. */
export async function databaseNames(run: LockedRun, connectTo: string): Promise<string[]> {
  const sql = "select json_agg(datname) from pg_database";
  try {
    return await queryJson(
      run.database,
      z.array(z.string()),
      sql,
      questionOptions(run, connectTo, run.signal),
    );
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ProgramError)) throw error;
    return [];
  }
}
