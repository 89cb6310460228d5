import { endBackends } from "../backends.ts";
import { rehearsalName } from "../database-names.ts";
import { messageOf, ProgramError } from "../errors.ts";
import type { Log } from "../log.ts";
import { dropDatabase } from "../restore/scratch-database.ts";
import { applicationName } from "../run-id.ts";
import type { DatabaseSettings, Settings } from "../settings.ts";
import { removeContainer, trialContainerName } from "./container-removal.ts";
import { livingRehearsal } from "./lock.ts";
import { markedRuns, removeMarker } from "./marker.ts";

/**
 * Removes what rehearsals of the database that died have left; what a living one uses stays. What cannot be removed now
 * is tried again by the next run.
 * @throws InterruptedError
 */
export async function removeRemains(
  settings: Settings,
  database: DatabaseSettings,
  { runId, log, signal }: { runId: string; log: Log; signal: AbortSignal },
): Promise<void> {
  const marked = markedRuns(settings, database);
  if (marked.length === 0) return;
  const living = [runId, livingRehearsal(settings, database)];
  const timeoutSeconds = settings.timeouts.query;
  for (const dead of marked.filter((run) => !living.includes(run))) {
    try {
      await removeContainer(trialContainerName(database, dead), { timeoutSeconds, signal });
      if (settings.rehearsal.where === "database") {
        const options = { applicationName: applicationName(runId), timeoutSeconds, signal };
        await endBackends(database, [dead], options);
        const left = rehearsalName(database.database, dead);
        await dropDatabase({ settings, database, runId }, database.database, left, signal);
      }
      removeMarker(settings, database, dead);
      log.event("warning", database.name, `removed what the dead rehearsal ${dead} had left`);
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
