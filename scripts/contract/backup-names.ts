import { archiveEndings, type Compression } from "./compressions.ts";

/**
 * The names of the files in the backups directory. A backup is its archive `NAME_YYYYMMDD_HHMMSS.sql.gz`, or `.sql.zst`
 * where zstd compressed it; beside it stand its manifest `.json`, its roles `.roles.sql` and the result of its last
 * rehearsal `.rehearsal.json`. Times in names are UTC; files of the hand-made scripts that this system replaces bear
 * the same form in the server's local time and have no manifest.
 */

export interface BackupName {
  /** The database's key in the configuration. */
  database: string;
  /** `YYYYMMDD_HHMMSS`, as it stands in the name. */
  stamp: string;
  /** `NAME_YYYYMMDD_HHMMSS`: the common stem of archive, manifest and roles file. */
  stem: string;
}

const pattern = /^(?<database>[a-z0-9_]+)_(?<stamp>\d{8}_\d{6})$/;

/** The parts of a stem, or null for any other text. */
export function parseStem(stem: string): BackupName | null {
  const groups = pattern.exec(stem)?.groups;
  if (groups?.database === undefined || groups.stamp === undefined) return null;
  return { database: groups.database, stamp: groups.stamp, stem };
}

/** The parts of an archive's file name (without directory), or null for any other file. */
export function parseBackupName(fileName: string): BackupName | null {
  const ending = Object.values(archiveEndings).find((one) => fileName.endsWith(`.${one}`));
  return ending === undefined ? null : parseStem(fileName.slice(0, -1 - ending.length));
}

/** The name of a backup of `database` taken at `time`, in UTC and to the second. */
export function backupName(database: string, time: Date): BackupName {
  const stamp = time.toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "").replace("T", "_");
  return { database, stamp, stem: `${database}_${stamp}` };
}

export const archiveName = (stem: string, compression: Compression): string =>
  `${stem}.${archiveEndings[compression]}`;
/** All possible names of a backup's archive: the compression depends on the settings at that time. */
export const archiveNames = (stem: string): string[] =>
  Object.values(archiveEndings).map((ending) => `${stem}.${ending}`);
export const manifestName = (stem: string): string => `${stem}.json`;
export const rolesName = (stem: string): string => `${stem}.roles.sql`;
export const rehearsalRecordName = (stem: string): string => `${stem}.rehearsal.json`;
/** Says that a person has accepted how small the backup is; its text says when. */
export const acceptanceName = (stem: string): string => `${stem}.accepted`;
/** The mail history of the status check; see lib/status/mail-record.ts. */
export const mailRecordName = ".status-mail.json";
/** Why archives of a database were not adopted; see lib/store/left-alone.ts. */
export const leftAloneName = (database: string): string => `.${database}.left-alone.json`;
export const isLeftAloneName = (fileName: string): boolean =>
  /^\.[a-z0-9_]+\.left-alone\.json$/.test(fileName);

/** The records of a month's runs; see run-record.ts. */
export const runRecordsName = (month: string): string => `.runs-${month}.jsonl`;
const runRecords = /^\.runs-(?<month>\d{4}-(?:0[1-9]|1[0-2]))\.jsonl$/;
/** The month, `2026-11`, whose records a file holds; null for any other file. */
export const runRecordsMonth = (fileName: string): string | null =>
  runRecords.exec(fileName)?.groups?.month ?? null;
