import { endBackends } from "../backends.ts";
import { messageOf, ProgramError } from "../errors.ts";
import type { Log } from "../log.ts";
import { applicationName } from "../run-id.ts";
import type { DatabaseSettings, Settings } from "../settings.ts";
import { removeContainer, trialContainerName } from "./container-removal.ts";
import { tryLockRehearsals } from "./lock.ts";
import { markedRuns, removeMarker } from "./marker.ts";

interface CleaningRun {
  program: string;
  runId: string;
  log: Log;
  signal: AbortSignal;
}

/** Removes what rehearsals of the database that died have left; what a living one uses stays. */
export async function removeDeadRehearsals(
  settings: Settings,
  database: DatabaseSettings,
  run: CleaningRun,
): Promise<void> {
  if (markedRuns(settings, database).length === 0) return;
  const lock = tryLockRehearsals(settings, database, run.program, run.runId);
  if (lock === null) return;
  try {
    await removeRemains(settings, database, run);
  } finally {
    lock.release();
  }
}

/**
 * As `removeDeadRehearsals`, for a caller that holds the rehearsals' lock. Databases that they made are left to
 * `dropLeftovers`. What cannot be removed now is tried again by the next run.
 */
export async function removeRemains(
  settings: Settings,
  database: DatabaseSettings,
  { runId, log, signal }: Omit<CleaningRun, "program">,
): Promise<void> {
  const timeoutSeconds = settings.timeouts.query;
  for (const dead of markedRuns(settings, database).filter((marked) => marked !== runId)) {
    try {
      await removeContainer(trialContainerName(database, dead), { timeoutSeconds, signal });
      if (settings.rehearsal.where === "database") {
        await endBackends(database, [dead], {
          applicationName: applicationName(runId),
          timeoutSeconds,
          signal,
        });
      }
      removeMarker(settings, database, dead);
      log.event("warning", database.name, `removed what the dead rehearsal ${dead} left`);
    } catch (error) {
      if (signal.aborted || !(error instanceof ProgramError)) throw error;
      log.event(
        "warning",
        database.name,
        `what the dead rehearsal ${dead} left could not be removed: ${messageOf(error)}`,
      );
    }
  }
}
