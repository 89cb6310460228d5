import { lstatSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { parseBackupName } from "./backup-name.ts";
import { type DirectoryEntry, partsByStem } from "./backup-parts.ts";
import { listBackups, manifestOf } from "./backups.ts";
import { systemCode } from "./errors.ts";
import { readPins } from "./pins.ts";
import type { PruningSurvey } from "./pruning-plan.ts";
import { readRehearsals } from "./rehearsal/record.ts";
import { readInPlaceState } from "./restore/in-place-state.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";

/** What lies in the backups directory; nothing if it does not exist. */
export function listEntries(directory: string): DirectoryEntry[] {
  try {
    return readdirSync(directory)
      .sort()
      .flatMap((name) => {
        const status = lstatSync(join(directory, name), { throwIfNoEntry: false });
        if (status === undefined) return [];
        const isFile = status.isFile();
        return [{ name, isFile, bytes: isFile ? status.size : 0 }];
      });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * Looks at everything that decides about one database's files.
 * @throws system errors; RestoreError if it cannot be told what an in-place restore that was cut off needs.
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
    // Also that of an archive that is gone, if it is one of ours.
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
    },
  };
}
