import { ProgramError } from "../base/errors.ts";
import type { Run } from "../postgres/run.ts";
import { literal } from "../postgres/sql.ts";
import { type InPlaceState, readInPlaceState, removeInPlaceState } from "../store/in-place-state.ts";

/**
 * Forgets an in-place restore that crashed just before it dropped the live database: that still stands there. For who
 * holds the database's lock. What cannot be found out stays.
 * @throws InterruptedError
 */
export async function forgetUndropped(run: Run): Promise<void> {
  const { database, log, server, settings, signal } = run;
  const live = database.database;
  let state: InPlaceState | null;
  let oid: string;
  try {
    state = readInPlaceState(settings, database);
    if (state === null) return;
    const sql = `select oid from pg_database where datname = ${literal(live)}`;
    oid = await server.until(signal).query(sql);
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    return;
  }
  if (Number(oid) !== state.liveOid) return;
  removeInPlaceState(settings, database);
  const what = `the in-place restore ${state.runId} crashed before it dropped ${live}, which is unchanged [DBK-RECOVERY-2]`;
  log.event("warning", database.name, what);
}
