import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { trialContainerName } from "../recovery/container-removal.ts";
import { livingRehearsal } from "../recovery/rehearsal-lock.ts";
import { markedRuns } from "../recovery/rehearsal-marker.ts";
import { readRehearsals } from "../store/rehearsals.ts";

/** A database's rehearsals, by the files on disk. */
export interface RehearsalFiles {
  /** Newest first. */
  records: readonly RehearsalRecord[];
  /** The present run. */
  living: string | null;
  /** Containers that crashed runs may have left. */
  containersOfCrashed: readonly string[];
}

/**
 * Reads the records and markers in the backups directory. A directory that cannot be listed is reported with the
 * backups.
 */
export function observeRehearsals(settings: Settings, database: DatabaseSettings): RehearsalFiles {
  // Read before the markers: a run that ends in between must not look crashed.
  const living = livingRehearsal(settings, database);
  try {
    const crashed = markedRuns(settings, database).filter((run) => run !== living);
    return {
      records: readRehearsals(settings.paths.backups, database.name),
      living,
      containersOfCrashed: crashed.map((run) => trialContainerName(database, run)),
    };
  } catch {
    return { records: [], living, containersOfCrashed: [] };
  }
}
