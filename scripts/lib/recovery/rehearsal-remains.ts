import { messageOf, ProgramError } from "../base/errors.ts";
import type { Run } from "../postgres/run.ts";
import { removeContainer, trialContainerName } from "./container-removal.ts";
import { livingRehearsal } from "./rehearsal-lock.ts";
import { markedRuns, removeMarker } from "./rehearsal-marker.ts";

/**
 * Removes the containers that crashed rehearsals of the database have left; what a living one uses stays. What cannot
 * be removed now is tried again by the next run. The databases that those of older versions made are recognised by
 * their names, see dropLeftovers.
 * @throws InterruptedError
 */
export async function removeRemains({ database, log, runId, settings, signal }: Run): Promise<void> {
  const marked = markedRuns(settings, database);
  if (marked.length === 0) return;
  const living = [runId, livingRehearsal(settings, database)];
  const timeoutSeconds = settings.timeouts.query;
  for (const crashed of marked.filter((run) => !living.includes(run))) {
    try {
      await removeContainer(trialContainerName(database, crashed), { timeoutSeconds, signal });
      removeMarker(settings, database, crashed);
      log.event(
        "warning",
        database.name,
        `removed what the crashed rehearsal ${crashed} left [DBK-RECOVERY-2]`,
      );
    } catch (error) {
      if (signal.aborted || !(error instanceof ProgramError)) throw error;
      log.event(
        "warning",
        database.name,
        `could not remove what the crashed rehearsal ${crashed} left: ${messageOf(error)} [DBK-RECOVERY-3]`,
      );
    }
  }
}
