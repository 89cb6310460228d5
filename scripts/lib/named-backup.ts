import { lstatSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { archiveName, parseBackupName } from "./backup-name.ts";
import { partOf } from "./backup-parts.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";

/** A backup of a configured database, in the backups directory. */
export interface NamedBackup {
  database: DatabaseSettings;
  stem: string;
  archive: string;
}

/**
 * The backup that a person names: by its archive or what stands beside it, as a path or as a name in the backups
 * directory, or by what all these have in common.
 * @throws ProgramError unless it is there and retention looks after it.
 */
export function namedBackup(settings: Settings, operand: string): NamedBackup {
  const directory = settings.paths.backups;
  const name = basename(operand);
  if (name !== operand && resolve(dirname(operand)) !== resolve(directory)) {
    throw badFile(`${operand} is not in the backups directory ${directory}`);
  }
  const stem = partOf(name)?.stem ?? parseBackupName(archiveName(name))?.stem;
  const key = stem === undefined ? undefined : parseBackupName(archiveName(stem))?.database;
  const database = settings.databases.find((one) => one.name === key);
  if (stem === undefined || database === undefined) {
    const known = settings.databases.map((one) => one.name).join(", ");
    throw badFile(`${operand} is not the name of a backup of ${known}`);
  }
  const archive = archiveName(stem);
  const status = lstatSync(join(directory, archive), { throwIfNoEntry: false });
  if (!status?.isFile()) {
    throw badFile(
      `there is no ${archive} in ${directory}; ${settings.paths.pruneLauncher} --dry-run lists what there is`,
    );
  }
  return { database, stem, archive };
}

const badFile = (message: string): ProgramError => new ProgramError(message, ExitCode.badFile);
