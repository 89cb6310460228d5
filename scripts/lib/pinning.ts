import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { archiveName } from "./backup-name.ts";
import { listBackups } from "./backups.ts";
import { syncDirectory, writeMark } from "./durable-file.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Log } from "./log.ts";
import type { NamedBackup } from "./named-backup.ts";
import { pinName, pinnedStem, readPins } from "./pins.ts";
import { listEntries } from "./pruning-survey.ts";
import type { Settings } from "./settings.ts";

/** A pin as `--list` shows it. */
export interface ListedPin {
  /** The pin's own file name. */
  pin: string;
  archive: string;
  reason: string | null;
  /** Whether the backup is there. */
  present: boolean;
}

/**
 * Pins a backup; a pinned one stays so, with the new reason if one is given.
 * @throws system errors; ProgramError if a run removed it at that moment.
 */
export function pin(
  settings: Settings,
  { database, stem, archive }: NamedBackup,
  reason: string | null,
  log: Log,
): void {
  const directory = settings.paths.backups;
  if (reason !== null || readPins(directory, stem).length === 0) {
    writeMark(join(directory, pinName(stem)), reason === null ? "" : `${reason}\n`);
  }
  if (!existsSync(join(directory, archive))) {
    throw new ProgramError(`${archive} was removed while it was being pinned`, ExitCode.badFile);
  }
  log.event("info", database.name, `pinned ${archive}${reason === null ? "" : `: ${reason}`}`);
  const backup = listBackups(directory, database.name).find((one) => one.stem === stem);
  if (backup?.verified !== true) {
    log.event("warning", database.name, `${archive} is kept, but it was never verified, or is not as it was`);
  }
}

/** Takes away what pins a backup, whichever of the two names it has. */
export function unpin(settings: Settings, { database, stem, archive }: NamedBackup, log: Log): void {
  const directory = settings.paths.backups;
  const pins = readPins(directory, stem);
  for (const { file } of pins) rmSync(join(directory, file));
  syncDirectory(directory);
  const text = pins.length === 0 ? `${archive} is not pinned` : `${archive} is no longer pinned`;
  log.event("info", database.name, text);
}

/** Every pin in the backups directory, in the order of the names. */
export function listPins({ paths }: Settings): ListedPin[] {
  const entries = listEntries(paths.backups);
  const stems = new Set(entries.flatMap(({ name }) => pinnedStem(name) ?? []));
  return [...stems].flatMap((stem) =>
    readPins(paths.backups, stem).map(({ file, reason }) => ({
      pin: file,
      archive: archiveName(stem),
      reason,
      present: entries.some(({ name, isFile }) => isFile && name === archiveName(stem)),
    })),
  );
}

/** The pins for people. */
export function pinListText(pins: readonly ListedPin[]): string {
  if (pins.length === 0) return "nothing is pinned";
  return pins
    .map(({ archive, reason, present }) =>
      [archive, ...(present ? [] : ["(it is gone)"]), ...(reason === null ? [] : [reason])].join("  "),
    )
    .join("\n");
}
