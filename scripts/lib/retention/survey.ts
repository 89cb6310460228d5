import { basename } from "node:path";
import { parseBackupName } from "../../contract/backup-names.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { partsByStem } from "../store/backup-parts.ts";
import { type Backup, listBackups, manifestOf } from "../store/backups.ts";
import { readState } from "../store/copies-state.ts";
import { listEntries } from "../store/entries.ts";
import { readInPlaceState } from "../store/in-place-state.ts";
import { readPins } from "../store/pins.ts";
import { readRehearsals } from "../store/rehearsals.ts";
import { freeBytes, neededBytes } from "../system/space.ts";
import { dueCopies } from "./copies.ts";
import type { PruningSurvey } from "./plan.ts";
import type { Needed } from "./rules.ts";

/** What the stores lack, and how much space is missing. A state that cannot be read has no copies. */
function copyNeeds(
  { copies, monitoring, paths }: Settings,
  database: string,
  backups: readonly Backup[],
): Pick<Needed, "uncopied" | "bytesShort"> {
  const uncopied = new Map<string, string>();
  for (const place of copies?.stores ?? []) {
    const { state } = readState(paths.backups, place);
    for (const { stem } of dueCopies(state, database, backups, place, new Date())) {
      const others = uncopied.get(stem);
      uncopied.set(stem, others === undefined ? place.name : `${others}, ${place.name}`);
    }
  }
  // As much as the next backup wants: below it none would begin, and nothing would ever be given up.
  const [newest] = backups;
  const needed = neededBytes(newest?.bytes ?? null, monitoring.minimumFreeBytes);
  const bytesShort = uncopied.size === 0 ? 0 : needed - freeBytes(paths.backups);
  return { uncopied, bytesShort: Math.max(0, bytesShort) };
}

/**
 * Reads everything that decides about one database's files.
 * @throws system errors; ProgramError if the needs of an interrupted in-place restore are unknown.
 */
export function surveyForPruning(settings: Settings, database: DatabaseSettings): PruningSurvey {
  const directory = settings.paths.backups;
  const entries = listEntries(directory);
  const backups = listBackups(directory, database.name);
  const stems = [...partsByStem(entries, database.name).keys()];
  const manifests = new Map(
    backups.flatMap(({ stem, manifest }) => (manifest === null ? [] : [[stem, manifest]])),
  );
  for (const stem of stems) {
    // Also the manifest of an archive that is gone, if it is ours.
    const manifest = manifests.has(stem) ? null : manifestOf(directory, stem, database.name).manifest;
    if (manifest !== null) manifests.set(stem, manifest);
  }
  const pins = stems.flatMap((stem) => readPins(directory, stem));
  const archive = readInPlaceState(settings, database)?.preRestoreArchive;
  const proven = readRehearsals(directory, database.name).filter((record) => {
    const stem = parseBackupName(record.archive)?.stem ?? "";
    const isProof = record.result === "equal" && record.compared === "full";
    return isProof && manifests.get(stem)?.archive.sha256 === record.archiveSha256;
  });
  return {
    database: database.name,
    entries,
    backups,
    manifests,
    pinReasons: new Map(pins.map(({ file, reason }) => [file, reason])),
    needed: {
      byRestore: archive === undefined ? null : (parseBackupName(basename(archive))?.stem ?? null),
      proven: new Set(proven.flatMap((record) => parseBackupName(record.archive)?.stem ?? [])),
      ...copyNeeds(settings, database.name, backups),
    },
  };
}

/** Whether expired backups that a store lacks have to go for the next backup to begin. @throws as `surveyForPruning` */
export const isShortOfSpace = (settings: Settings, database: DatabaseSettings): boolean =>
  (settings.copies?.stores.length ?? 0) > 0 && surveyForPruning(settings, database).needed.bytesShort > 0;
