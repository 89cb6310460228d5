import type { Backup } from "../backups.ts";

/** How databases and their backups grow, from the backups there are. Sizes are bytes. */

const day = 86_400_000;
/** A shorter history says nothing about a day. */
const shortestHistory = day;

export interface Growth {
  /** What the backups will still take until retention removes as many as are added. */
  filling: number;
  /** Per day, until then. */
  fillingPerDay: number;
  /** Per day, for good: every kept backup grows along with the newest. Not negative. */
  backupsPerDay: number;
  /** Per day, of the database itself. Not negative. */
  databasePerDay: number;
}

/** Null while the history is shorter than a day. */
export function growthOf(backups: readonly Backup[], retentionDays: number): Growth | null {
  const newest = backups[0];
  const oldest = backups.at(-1);
  if (newest === undefined || oldest === undefined) return null;
  const span = newest.takenAt.getTime() - oldest.takenAt.getTime();
  if (span < shortestHistory) return null;
  const days = span / day;
  const perDay = (backups.length - 1) / days;
  const remaining = Math.max(0, retentionDays - days);
  const sizes = backups.flatMap(({ manifest, takenAt }) =>
    manifest?.databaseBytes == null ? [] : [{ bytes: manifest.databaseBytes, time: takenAt.getTime() }],
  );
  const [last, first] = [sizes[0], sizes.at(-1)];
  const sizeDays = last === undefined || first === undefined ? 0 : (last.time - first.time) / day;
  const databaseGrowth = last === undefined || first === undefined ? 0 : last.bytes - first.bytes;
  return {
    filling: newest.bytes * perDay * remaining,
    fillingPerDay: remaining > 0 ? newest.bytes * perDay : 0,
    backupsPerDay: Math.max(0, ((newest.bytes - oldest.bytes) / days) * backups.length),
    databasePerDay: sizeDays > 0 ? Math.max(0, databaseGrowth / sizeDays) : 0,
  };
}

/**
 * Days until `free` bytes are used up by all the growth on a file system; null if they never are. Databases that lie
 * on another file system bring a `databasePerDay` of 0.
 */
export function daysUntilFull(
  free: number,
  growths: readonly Growth[],
  holdsBackups: boolean,
): number | null {
  const sum = (pick: (growth: Growth) => number) =>
    growths.reduce((total, growth) => total + pick(growth), 0);
  const filling = holdsBackups ? sum((growth) => growth.filling) : 0;
  const fillingPerDay = holdsBackups ? sum((growth) => growth.fillingPerDay) : 0;
  const backupsPerDay = holdsBackups ? sum((growth) => growth.backupsPerDay) : 0;
  const steady = backupsPerDay + sum((growth) => growth.databasePerDay);
  if (fillingPerDay > 0) {
    const fillingDays = filling / fillingPerDay;
    if (free <= (fillingPerDay + steady) * fillingDays) return free / (fillingPerDay + steady);
  }
  return steady > 0 ? (free - filling) / steady : null;
}
