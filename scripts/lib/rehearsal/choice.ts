import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { manifestName, parseBackupName } from "../../contract/backup-names.ts";
import type { Manifest } from "../../contract/manifest.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { ProgramError, UsageError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { decodeOwn } from "../postgres/encodings.ts";
import { chosenDatabases } from "../program/chosen-databases.ts";
import { RestoreError } from "../restore/errors.ts";
import { locateFile, type RestoreSource, targetOf } from "../restore/source.ts";
import { listBackups } from "../store/backups.ts";
import { readManifest } from "../store/manifest.ts";

/** A database, and the backup to rehearse; null for the newest verified one. */
export interface Choice {
  database: DatabaseSettings;
  file: string | null;
}

/**
 * Reads the command line: no operand (every database), a configured name, a file, or a name and a file of another
 * database.
 * @throws UsageError; RestoreError for a file that is of no configured database
 */
export function choose(settings: Settings, operands: readonly string[], latest: boolean): Choice[] {
  const isName = (operand: string) => settings.databases.some(({ name }) => name === operand);
  const [first, second] = operands;
  if (second === undefined && (first === undefined || isName(first))) {
    return chosenDatabases(settings, operands).map((database) => ({ database, file: null }));
  }
  const operand = second ?? first ?? "";
  if (latest) throw new UsageError(`--latest means the newest backup, and ${operand} names one`);
  const file = locateFile(settings, operand);
  const explicit = second === undefined ? undefined : first;
  const advice = "name the database before the file";
  const manifest = manifestOf(file);
  return [{ database: targetOf(settings, { path: file, manifest }, explicit, advice), file }];
}

/** Null also if the manifest cannot be read: the code that reads the file itself reports the reason. */
function manifestOf(file: string): Manifest | null {
  const stem = parseBackupName(basename(file))?.stem;
  try {
    return stem === undefined ? null : readManifest(join(dirname(file), manifestName(stem)));
  } catch {
    return null;
  }
}

/** The file to rehearse. @throws ProgramError `badFile` if the database has no verified backup. */
export function fileOf(settings: Settings, { database, file }: Choice): string {
  if (file !== null) return file;
  const newest = listBackups(settings.paths.backups, database.name).find(({ verified }) => verified);
  if (newest !== undefined) return newest.archivePath;
  throw new ProgramError(
    `there is no verified backup of ${database.name} in ${settings.paths.backups}; run: ${settings.paths.backupLauncher} ${database.name} [DBK-REHEARSAL-3]`,
    ExitCode.badFile,
  );
}

/**
 * The text of the backup's roles file; null for a backup that never had one.
 * @throws RestoreError `bad-file` if it is missing.
 */
export function rolesOf({ manifest, path, rolesPath }: RestoreSource): string | null {
  if (rolesPath !== null) return decodeOwn(readFileSync(rolesPath));
  if (manifest?.roles == null) return null;
  throw new RestoreError(
    "bad-file",
    `the roles of ${path} are missing: ${manifest.roles.file} is not beside it; choose another backup [DBK-REHEARSAL-3]`,
  );
}
