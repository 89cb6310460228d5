import { dropLeftovers } from "../recovery/leftover-databases.ts";
import { readInPlaceState, removeInPlaceState, unfinishedInPlace } from "../store/in-place-state.ts";
import { confirm } from "./confirmation.ts";
import { RestoreError } from "./errors.ts";
import type { Proofs } from "./proof.ts";
import { refuseObstacles } from "./refusals.ts";
import { formatCutOff, rollbackCommand } from "./report.ts";
import { lockForRestore, namesOf, restoreFile, surveyServer } from "./restoration.ts";
import { chooseKept, type RolledBack, rollBack, rollbackOverview } from "./rollback.ts";
import type { RestoreRun } from "./run.ts";
import { inspectSource } from "./source.ts";

export interface RollbackRequest {
  /** The kept database's name; the newest when undefined. */
  kept: string | undefined;
  confirmed: boolean;
  proofs: Proofs;
}

/**
 * Undoes the last restore: brings the kept database back. After an interrupted in-place restore it restores the
 * pre-restore backup instead, unless the command names a kept database.
 * @throws ProgramError with the exit code that fits
 */
export async function undoRestore(run: RestoreRun, request: RollbackRequest): Promise<RolledBack> {
  const { database, log, output, settings, signal } = run;
  const surveyed = await surveyServer(run);
  const state = unfinishedInPlace(settings, database, surveyed);
  if (state !== null && request.kept === undefined) {
    const source = await inspectSource(state.preRestoreArchive, signal);
    // This is the only way back, so differences from the backup are only logged.
    const accepting = { ...run, acceptsDifferences: true };
    const restore = { source, confirmed: request.confirmed, inPlace: true, proofs: request.proofs };
    const { cutOffSeconds } = await restoreFile(accepting, restore);
    return { broughtBack: state.preRestoreArchive, previous: null, cutOffSeconds };
  }
  if (request.kept === undefined && readInPlaceState(settings, database) !== null) return forgetInPlace(run);
  refuseObstacles(surveyed, database);
  const chosen = chooseKept(surveyed, database.database, request.kept);
  output.print(rollbackOverview(chosen, surveyed, database.database));
  if (!request.confirmed) await confirm(database.database, "", signal);
  const lock = await lockForRestore(run);
  try {
    log.event("info", database.name, `restore started: roll back to ${chosen.name}`);
    const server = await surveyServer(run);
    await dropLeftovers(run, server.maintenance, namesOf(server));
    const done = await rollBack(run, server, chosen);
    removeInPlaceState(settings, database);
    const cutOff = done.cutOffSeconds === null ? "a moment" : formatCutOff(done.cutOffSeconds);
    const kept =
      done.previous === null
        ? "there was no database until now"
        : `what was live until now is kept as ${done.previous}; undo: ${rollbackCommand(run)}`;
    log.event(
      "info",
      database.name,
      `restore finished: rolled back; clients were cut off for ${cutOff}; ${kept}`,
    );
    return done;
  } finally {
    lock.release();
  }
}

/** The in-place restore did not know whether its drop had happened. It has not, so there is nothing to undo. */
async function forgetInPlace(run: RestoreRun): Promise<RolledBack> {
  const { database, log, settings } = run;
  const lock = await lockForRestore(run);
  try {
    if (unfinishedInPlace(settings, database, await surveyServer(run)) !== null)
      throw new RestoreError(
        "obstacle",
        `${database.database} was replaced by another database meanwhile; run the rollback again [DBK-RESTORE-7]`,
      );
    removeInPlaceState(settings, database);
    const what = `the last restore in place had dropped nothing; ${database.database} is unchanged`;
    log.event("info", database.name, `restore finished: ${what}`);
    return { broughtBack: database.database, previous: null, cutOffSeconds: 0 };
  } finally {
    lock.release();
  }
}
