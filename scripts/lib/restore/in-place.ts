import { messageOf } from "../base/errors.ts";
import { restoringName } from "../postgres/database-names.ts";
import { type DatabaseState, findDatabaseState } from "../postgres/database-state.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import { identifier } from "../postgres/sql.ts";
import { type InPlaceState, removeInPlaceState, writeInPlaceState } from "../store/in-place-state.ts";
import { type CarefulKeeper, type Keeper, runWithoutClients } from "./client-cut-off.ts";
import { RestoreError } from "./errors.ts";
import { type Filled, fillDatabase } from "./filling.ts";
import { takeLiveName } from "./live-name.ts";
import type { LiveServer } from "./live-server.ts";
import { type Restored, rollbackCommand } from "./report.ts";
import type { RestoreRun } from "./run.ts";
import { requireSame } from "./same-properties.ts";
import { inspectSource, type RestoreSource } from "./source.ts";
import { wayBackText, writeWayBack } from "./way-back.ts";

/**
 * For servers without space for a second database: drops the live one first. The new database gets the live name only
 * when it is complete, so clients find no database, but never a half-filled one.
 * @param state the former live database and the place of its content; from an earlier run if that run already dropped
 * it.
 * @param keeper keeps clients from writing until the drop; null if there is nothing left to drop.
 * @throws RestoreError `swap` if nothing was dropped, `put-back` or `not-put-back` if it failed after the drop.
 */
export async function restoreInPlace(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  state: InPlaceState,
  keeper: Keeper | null,
): Promise<Restored> {
  const { database, log, output, settings } = run;
  const began = performance.now();
  run.signal.throwIfAborted();
  if (keeper !== null) {
    try {
      writeInPlaceState(settings, database, state);
      writeWayBack(run, state);
    } catch (error) {
      removeInPlaceState(settings, database);
      throw error;
    }
    log.event(
      "info",
      database.name,
      `restores in place; until it is done the content of ${database.database} is in ${state.preRestoreArchive}`,
    );
    output.print(wayBackText(run, server, state, "absent"));
    await dropLive(run, server, state, keeper);
  }
  let filled: Filled;
  try {
    filled = await fillAndName(run, server, source, state);
  } catch (error) {
    log.event(
      "error",
      database.name,
      `the restore in place failed: ${messageOf(error)}; putting ${state.preRestoreArchive} back [DBK-INPLACE-5]`,
    );
    throw await putBack(run, server, state, error);
  }
  removeInPlaceState(settings, database);
  return { ...filled, previous: null, cutOffSeconds: (performance.now() - began) / 1000 };
}

async function dropLive(
  run: RestoreRun,
  server: LiveServer,
  state: InPlaceState,
  keeper: Keeper,
): Promise<void> {
  const { database, settings } = run;
  const live = database.database;
  const isTemplate = (is: boolean) => `ALTER DATABASE ${identifier(live)} IS_TEMPLATE ${is}`;
  const statements = [
    ...(state.properties.isTemplate ? [isTemplate(false)] : []),
    `DROP DATABASE ${identifier(live)}`,
  ];
  // A drop waits for a checkpoint.
  const patient = run.server.in(server.maintenance).within(settings.timeouts.restore);
  try {
    const wanted = { ...state.properties, isTemplate: false };
    const careful: CarefulKeeper = {
      pid: keeper.pid,
      requireHeld: () => keeper.requireHeld(),
      requireSame: (ask) => requireSame(live, wanted, ask),
      end: () => keeper.end(),
    };
    await runWithoutClients(patient, live, [live], statements, careful);
  } catch (error) {
    const databaseState = await findDatabaseState(
      run.server.in(server.maintenance),
      run.runId,
      live,
      state.liveOid,
    );
    // An invalid database is removed when the name is taken.
    if (databaseState === "absent" || databaseState === "invalid") return;
    const what = `could not drop ${live}: ${messageOf(error)}`;
    if (databaseState === null) throw notPutBack(run, server, state, null, what, error);
    removeInPlaceState(settings, database);
    if (state.properties.isTemplate) await patient.query(isTemplate(true)).catch(() => {});
    throw new RestoreError("swap", `${what}; nothing was lost; run it again [DBK-RESTORE-7]`, error);
  }
}

async function fillAndName(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  state: InPlaceState,
): Promise<Filled> {
  const { database, log } = run;
  const incoming = restoringName(database.database, run.runId);
  const filled = await fillDatabase(run, server, source, state.properties, incoming);
  const { previous } = await takeLiveName(run, server.maintenance, incoming);
  if (previous !== null) {
    const what = `a database ${database.database} was created meanwhile; it is kept as ${previous} [DBK-INPLACE-7]`;
    log.event("warning", database.name, what);
  }
  return filled;
}

/** Restores the pre-restore backup. The error says whether that succeeded. An interruption does not stop it. */
async function putBack(
  run: RestoreRun,
  server: LiveServer,
  state: InPlaceState,
  cause: unknown,
): Promise<RestoreError> {
  const { database, settings } = run;
  const live = database.database;
  const archive = state.preRestoreArchive;
  // A database with differences is better than no database.
  const unstoppable = { ...run, signal: new AbortController().signal, acceptsDifferences: true };
  try {
    // Filled, but without its name yet.
    await dropDatabase(unstoppable, server.maintenance, restoringName(live, run.runId));
    const source = await inspectSource(archive, unstoppable.signal);
    await fillAndName(unstoppable, server, source, state);
    removeInPlaceState(settings, database);
    return new RestoreError(
      "put-back",
      `the restore in place failed; ${live} has its former content again, from ${archive}; remove the cause, then restore again: ${messageOf(cause)} [DBK-INPLACE-5]`,
      cause,
    );
  } catch (error) {
    const databaseState = await findDatabaseState(run.server.in(server.maintenance), run.runId, live);
    const what = `the restore in place failed (${messageOf(cause)}) and ${archive} could not be put back (${messageOf(error)})`;
    return notPutBack(run, server, state, databaseState, what, error);
  }
}

const descriptions: Record<DatabaseState, (live: string) => string> = {
  absent: (live) => `there is no database ${live} now`,
  invalid: (live) => `there is no usable database ${live} now`,
  whole: (live) => `the present database ${live} is not the one that was dropped`,
};

function notPutBack(
  run: RestoreRun,
  server: LiveServer,
  state: InPlaceState,
  databaseState: DatabaseState | null,
  what: string,
  cause: unknown,
): RestoreError {
  const live = run.database.database;
  const now =
    databaseState === null
      ? `the server does not say whether there is a database ${live}`
      : descriptions[databaseState](live);
  try {
    // Older versions left the state file as it was.
    writeWayBack(run, state);
  } catch {
    // A full disk must not hide the message.
  }
  const message = `${what}; ${now}; its former content is in ${state.preRestoreArchive}; remove the cause, then run ${rollbackCommand(run)} [DBK-INPLACE-6]`;
  return new RestoreError("not-put-back", message, cause, wayBackText(run, server, state, databaseState));
}
