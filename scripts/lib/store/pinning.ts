import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { archiveNames } from "../../contract/backup-names.ts";
import type { Settings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Log } from "../program/log.ts";
import { syncDirectory, writeMark } from "../system/durable-file.ts";
import { listEntries } from "./entries.ts";
import type { NamedBackup } from "./find.ts";
import { pinName, pinnedName, pinnedStem, readPins } from "./pins.ts";

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
 * Pins a backup. A pinned backup stays pinned, with the new reason if one is given.
 * @throws system errors; ProgramError if a run removed it at that moment.
 */
export function pin(
  settings: Settings,
  { database, archive, backup }: NamedBackup,
  reason: string | null,
  log: Log,
): void {
  const directory = settings.paths.backups;
  if (reason !== null || readPins(directory, backup.stem).length === 0) {
    writeMark(join(directory, pinName(archive)), reason === null ? "" : `${reason}\n`);
  }
  if (!existsSync(join(directory, archive))) {
    throw new ProgramError(
      `${archive} was removed while it was being pinned; pin another [DBK-PIN-1]`,
      ExitCode.badFile,
    );
  }
  log.event("info", database.name, `pinned ${archive}${reason === null ? "" : `: ${reason}`}`);
  if (!backup.verified) {
    const verify = `${settings.paths.restoreLauncher} --verify-only ${archive}`;
    const what = `${archive} is kept, but was never verified or has changed; run: ${verify} [DBK-PIN-1]`;
    log.event("warning", database.name, what);
  }
}

/** Removes the pins of a backup, whichever of the names they have. */
export function unpin(settings: Settings, { database, archive, backup }: NamedBackup, log: Log): void {
  const directory = settings.paths.backups;
  const pins = readPins(directory, backup.stem);
  for (const { file } of pins) rmSync(join(directory, file));
  syncDirectory(directory);
  const text = pins.length === 0 ? `${archive} is not pinned` : `${archive} is no longer pinned`;
  log.event("info", database.name, text);
}

/** Every pin in the backups directory, in the order of the names. */
export function listPins({ paths }: Settings): ListedPin[] {
  const entries = listEntries(paths.backups);
  const stems = new Set(entries.flatMap(({ name }) => pinnedStem(name) ?? []));
  const archives = new Set(entries.flatMap(({ name, isFile }) => (isFile ? [name] : [])));
  return [...stems].flatMap((stem) =>
    readPins(paths.backups, stem).map(({ file, reason }) => {
      const names = [pinnedName(file), ...archiveNames(stem)];
      const archive = names.find((name) => archives.has(name));
      return { pin: file, archive: archive ?? pinnedName(file), reason, present: archive !== undefined };
    }),
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
