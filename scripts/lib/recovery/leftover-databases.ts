import * as z from "zod/mini";
import { messageOf, ProgramError } from "../base/errors.ts";
import { recogniseDatabase } from "../postgres/database-names.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import type { Run } from "../postgres/run.ts";
import { livingRehearsal } from "./rehearsal-lock.ts";

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
 * Drops the databases that restores and rehearsals of this database were filling when they crashed: the caller holds
 * the lock, so no restore can be alive; a rehearsal may. One that cannot be dropped stays, with a warning.
 * @param connectTo the database to do it from.
 * @param present the names of all databases of the server.
 * @returns the names of those that are gone.
 */
export async function dropLeftovers(
  run: Run,
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
      // It only takes space. The run must not fail because of it.
      log.event(
        "warning",
        database.name,
        `could not drop ${name}, left by a crashed run: ${messageOf(error)} [DBK-RECOVERY-3]`,
      );
    }
  }
  return gone;
}

/** The names of all databases of the server; none if it does not answer. The run itself will report that. */
export async function databaseNames(run: Run, connectTo: string): Promise<string[]> {
  const sql = "select json_agg(datname) from pg_database";
  try {
    return await run.server.in(connectTo, run.signal).queryJson(z.array(z.string()), sql);
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ProgramError)) throw error;
    return [];
  }
}
