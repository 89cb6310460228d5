import { formatTime } from "../base/format.ts";
import { stampPattern } from "../program/moment.ts";
import type { Backup } from "../store/backups.ts";

const toSecond = (time: Date): number => Math.floor(time.getTime() / 1000);

/** The moment of the snapshot: later commits are not in the backup. The moment in the name may be minutes earlier. */
const snapshotOf = ({ manifest, takenAt }: Backup): Date =>
  manifest?.snapshotAt ? new Date(manifest.snapshotAt) : takenAt;

/**
 * The newest verified backup whose snapshot was taken at or before `moment`, to the second. A moment written as in a
 * backup's name means that backup, whenever its snapshot was taken.
 * @param backups newest first.
 * @returns null when there is none.
 */
export function backupAt(backups: readonly Backup[], moment: Date, written: string): Backup | null {
  const verified = backups.filter((backup) => backup.verified);
  const named = stampPattern.test(written) && verified.find(({ stem }) => stem.endsWith(`_${written}`));
  return named || (verified.find((backup) => toSecond(snapshotOf(backup)) <= toSecond(moment)) ?? null);
}

/** Why there is no backup for a moment, and which is the oldest. */
export function noBackupAt(backups: readonly Backup[], moment: Date, database: string): string {
  const oldest = backups.findLast(({ verified }) => verified);
  const known =
    oldest === undefined
      ? "there is none at all"
      : `the oldest is of ${formatTime(snapshotOf(oldest))}: ${oldest.archivePath}`;
  return `there is no verified backup of ${database} from ${formatTime(moment)} or before; ${known} [DBK-RESTORE-3]`;
}

/** The newest verified backup that is no restore's own precaution; null when there is none. */
export const newestBackup = (backups: readonly Backup[]): Backup | null =>
  backups.find((backup) => backup.verified && backup.class === "regular") ?? null;

export const noBackup = (database: string): string =>
  `there is no verified backup of ${database}; run: restore_database --list [DBK-RESTORE-3]`;
