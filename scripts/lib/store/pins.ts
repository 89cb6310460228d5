import { lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { archiveNames, parseBackupName, parseStem } from "../../contract/backup-names.ts";

/**
 * Pins: a file beside a backup that exempts it from retention for good, `ARCHIVE.pin` or `STEM.pin`, made by
 * pin_backup or by hand (`touch`). That it exists pins; its text, if any, is the reason.
 */
export interface Pin {
  /** Its own file name. */
  file: string;
  /** One line; null if the pin is empty, or cannot be read. */
  reason: string | null;
}

const ending = ".pin";
const longestReason = 4_096;

/** The name that pin_backup gives the pin of an archive. */
export const pinName = (archive: string): string => `${archive}${ending}`;

/** The name that a pin's file name refers to: an archive, or a stem. */
export const pinnedName = (pin: string): string => pin.slice(0, -ending.length);

/** The existing pins of a backup, of all possible names. Anything with such a name pins, also a link or a directory. */
const pinsOf = (directory: string, stem: string): string[] =>
  [...archiveNames(stem), stem]
    .map(pinName)
    .filter((name) => lstatSync(join(directory, name), { throwIfNoEntry: false }) !== undefined);

/** The stem of the backup that a file pins by its name, or null for any other file. */
export function pinnedStem(fileName: string): string | null {
  if (!fileName.endsWith(ending)) return null;
  const pinned = pinnedName(fileName);
  return (parseBackupName(pinned) ?? parseStem(pinned))?.stem ?? null;
}

export const isPinned = (directory: string, stem: string): boolean => pinsOf(directory, stem).length > 0;

/** The pins of a backup: none, one, or one of each name. */
export function readPins(directory: string, stem: string): Pin[] {
  return pinsOf(directory, stem).map((file) => ({ file, reason: reasonIn(join(directory, file)) }));
}

function reasonIn(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return null;
    const text = readFileSync(path, "utf8").slice(0, longestReason);
    return text.replaceAll(/\s+/g, " ").trim() || null;
  } catch {
    return null;
  }
}
