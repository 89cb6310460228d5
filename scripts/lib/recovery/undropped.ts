import { ProgramError } from "../base/errors.ts";
import { query } from "../postgres/psql.ts";
import { questionOptions } from "../postgres/questions.ts";
import { literal } from "../postgres/sql.ts";
import { type InPlaceState, readInPlaceState, removeInPlaceState } from "../store/in-place-state.ts";
import type { LockedRun } from "./leftover-databases.ts";

/**
 * Forgets an in-place restore that died just before it dropped the live database: that still stands there. For who
 * holds the database's lock. What cannot be found out stays.
 * @throws InterruptedError
 */
export async function forgetUndropped(run: LockedRun): Promise<void> {
  const { database, log, settings, signal } = run;
  const live = database.database;
  let state: InPlaceState | null;
  let oid: string;
  try {
    state = readInPlaceState(settings, database);
    if (state === null) return;
    const sql = `select oid from pg_database where datname = ${literal(live)}`;
    oid = await query(database, sql, questionOptions(run, live, signal));
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    return;
  }
  if (Number(oid) !== state.liveOid) return;
  removeInPlaceState(settings, database);
  const what = `the in-place restore ${state.runId} crashed before it dropped ${live}, which is unchanged [DBK-RECOVERY-2]`;
  log.event("warning", database.name, what);
}
