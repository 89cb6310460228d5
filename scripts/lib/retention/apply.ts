import { basename } from "node:path";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { formatAge } from "../base/format.ts";
import type { Log } from "../program/log.ts";
import type { Backup } from "../store/backups.ts";
import { isPinned } from "../store/pins.ts";
import { removableFiles } from "../store/removable-files.ts";
import type { RemovableFiles } from "../store/store.ts";
import { type PlannedFile, type PruningPlan, planPruning, type Removal } from "./plan.ts";
import { surveyForPruning } from "./survey.ts";

/** The result for one database's files. */
export interface Pruning {
  /** The removed archives. */
  removed: string[];
  /** The files that could not be removed, with reasons. */
  problems: string[];
  /** The suspiciously small archive for which older ones are kept; null if there is none. */
  heldBy: string | null;
  /** The decision about every file with the database's name. */
  files: PlannedFile[];
}

/** What retention would do now. Changes nothing. */
export function plannedPruning(settings: Settings, database: DatabaseSettings): PruningPlan {
  return planPruning(surveyForPruning(settings, database), settings.retention, new Date());
}

/**
 * Removes a database's expired backups. Call it while the database's lock is held. A failed removal is logged, and the
 * others go on.
 * @throws system errors, RestoreError, if the files cannot be listed; then nothing was removed.
 */
export async function prune(settings: Settings, database: DatabaseSettings, log: Log): Promise<Pruning> {
  const directory = settings.paths.backups;
  const { removals, heldBy, files } = plannedPruning(settings, database);
  if (heldBy !== null) log.event("warning", database.name, holdText(settings, heldBy));
  const held = heldBy === null ? null : basename(heldBy.archivePath);
  const isPinnedNow = (stem: string) => isPinned(directory, stem);
  const done = await carryOut(removableFiles(directory), isPinnedNow, database, removals, log);
  return { ...done, heldBy: held, files };
}

/** Removes the planned backups from a store, except those pinned since. */
export async function carryOut(
  store: RemovableFiles,
  isPinnedNow: (stem: string) => boolean,
  database: DatabaseSettings,
  removals: readonly Removal[],
  log: Log,
): Promise<Pick<Pruning, "removed" | "problems">> {
  const removed: string[] = [];
  const problems: string[] = [];
  for (const { archive, stem, files, hadArchive, takenAt, uncopiedAt } of removals) {
    if (isPinnedNow(stem)) continue;
    try {
      await store.remove(files);
    } catch (error) {
      problems.push(`could not remove ${archive}: ${messageOf(error)} [DBK-RETENTION-3]`);
      continue;
    }
    if (hadArchive) removed.push(archive);
    const what = hadArchive ? archive : `what was left of ${archive}`;
    const text = `removed ${what}, taken ${formatAge(takenAt, new Date())}`;
    if (uncopiedAt === null || !hadArchive) log.event("info", database.name, text);
    else
      log.event(
        "error",
        database.name,
        `${text}, although ${uncopiedAt} has no copy of it: space is short; make room, and repair the copying [DBK-RETENTION-4]`,
      );
  }
  for (const problem of problems) log.event("error", database.name, problem);
  return { removed, problems };
}

/** Why older backups stay, with advice. */
export function holdText(settings: Settings, { archivePath, manifest }: Backup): string {
  const archive = basename(archivePath);
  const why = (manifest?.shrunk ?? []).join("; ");
  const accept = `${settings.paths.pruneLauncher} --accept ${archive}`;
  return `${archive} is suspiciously small (${why}): older ones are kept until you accept it: ${accept} [DBK-RETENTION-1]`;
}
