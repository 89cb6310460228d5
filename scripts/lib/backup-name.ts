/**
 * The names of the files in the backups directory. A backup is its archive `NAME_YYYYMMDD_HHMMSS.sql.gz`;
 * beside it stand its manifest `.json`, its roles `.roles.sql` and the result of its last rehearsal
 * `.rehearsal.json`. Times in names are UTC; files of the hand-made scripts that this system replaces bear the same
 * form in the server's local time and have no manifest.
 */

export interface BackupName {
  /** The database's key in the configuration. */
  database: string;
  /** `YYYYMMDD_HHMMSS`, as it stands in the name. */
  stamp: string;
  /** `NAME_YYYYMMDD_HHMMSS`: what the archive, the manifest and the roles file have in common. */
  stem: string;
}

const pattern = /^(?<database>[a-z0-9_]+)_(?<stamp>\d{8}_\d{6})\.sql\.gz$/;

/** The parts of an archive's file name (without directory), or null for any other file. */
export function parseBackupName(fileName: string): BackupName | null {
  const groups = pattern.exec(fileName)?.groups;
  if (groups?.database === undefined || groups.stamp === undefined) return null;
  return { database: groups.database, stamp: groups.stamp, stem: `${groups.database}_${groups.stamp}` };
}

/** The name of a backup of `database` taken at `time`, in UTC and to the second. */
export function backupName(database: string, time: Date): BackupName {
  const stamp = time.toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "").replace("T", "_");
  return { database, stamp, stem: `${database}_${stamp}` };
}

export const archiveName = (stem: string): string => `${stem}.sql.gz`;
export const manifestName = (stem: string): string => `${stem}.json`;
export const rolesName = (stem: string): string => `${stem}.roles.sql`;
export const rehearsalRecordName = (stem: string): string => `${stem}.rehearsal.json`;
/** Says that a person has accepted how small the backup is; its text says when. */
export const acceptanceName = (stem: string): string => `${stem}.accepted`;
