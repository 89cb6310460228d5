import { basename, dirname, resolve } from "node:path";
import { parseBackupName, parseStem } from "../../contract/backup-names.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { partOf } from "./backup-parts.ts";
import { type Backup, listBackups } from "./backups.ts";

/** A backup of a configured database, in the backups directory. */
export interface NamedBackup {
  database: DatabaseSettings;
  /** The file name of its archive. */
  archive: string;
  backup: Backup;
}

/**
 * Finds the named backup. The name may be that of its archive or of a file beside it, as a path or as a name in the
 * backups directory, or their common stem.
 * @throws ProgramError unless it exists and is subject to retention.
 */
export function namedBackup(settings: Settings, operand: string): NamedBackup {
  const directory = settings.paths.backups;
  const name = basename(operand);
  if (name !== operand && resolve(dirname(operand)) !== resolve(directory)) {
    throw badFile(`${operand} is not in the backups directory ${directory}`);
  }
  const stem = partOf(name)?.stem ?? name;
  const key = parseStem(stem)?.database;
  const database = settings.databases.find((one) => one.name === key);
  if (database === undefined) {
    const known = settings.databases.map((one) => one.name).join(", ");
    throw badFile(`${operand} is not the name of a backup of ${known}`);
  }
  // An archive's name means that archive. A file beside it means the archive that the manifest describes.
  const isArchive = parseBackupName(name) !== null;
  const backup = listBackups(directory, database.name).find(
    (one) => one.stem === stem && (!isArchive || basename(one.archivePath) === name),
  );
  if (backup === undefined) {
    throw badFile(
      `there is no backup ${name} in ${directory}; ${settings.paths.pruneLauncher} --dry-run lists them`,
    );
  }
  return { database, archive: basename(backup.archivePath), backup };
}

const badFile = (message: string): ProgramError =>
  new ProgramError(`${message} [DBK-STORE-2]`, ExitCode.badFile);
