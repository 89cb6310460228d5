import type { RetentionRule } from "../retention/rules.ts";
import type { Backup } from "../store/backups.ts";

/** The growth of databases and their backups, computed from the existing backups. Sizes are bytes. */

const day = 86_400_000;
/** A shorter history gives no rate per day. */
const shortestHistory = day;

export interface Growth {
  /** The growth until retention removes as many backups as are made: one rate after another, from now on. */
  filling: readonly Filling[];
  /** Per day, for good: every kept backup grows along with the newest. Not negative. */
  backupsPerDay: number;
  /** Per day, of the database itself. Not negative. */
  databasePerDay: number;
}

interface Filling {
  days: number;
  bytesPerDay: number;
}

/** Null while the history is shorter than a day. */
export function growthOf(backups: readonly Backup[], rule: RetentionRule): Growth | null {
  // Pinned backups may be of any age, and pre-restore backups are made at any time.
  const regular = backups.filter((backup) => backup.class === "regular" && !backup.pinned);
  const newest = regular[0];
  const oldest = regular.at(-1);
  if (newest === undefined || oldest === undefined) return null;
  const span = newest.takenAt.getTime() - oldest.takenAt.getTime();
  if (span < shortestHistory) return null;
  const days = span / day;
  const sizes = regular.flatMap(({ manifest, takenAt }) =>
    manifest?.databaseBytes == null ? [] : [{ bytes: manifest.databaseBytes, time: takenAt.getTime() }],
  );
  const [last, first] = [sizes[0], sizes.at(-1)];
  // Adopted backups lengthen the history but do not record the database's size.
  const sizeDays = last === undefined || first === undefined ? 0 : (last.time - first.time) / day;
  const databaseGrowth = last === undefined || first === undefined ? 0 : last.bytes - first.bytes;
  return {
    filling: keptFrom(days, rule, backupsPerDay(regular, rule)).map(({ days, perDay }) => ({
      days,
      bytesPerDay: perDay * newest.bytes,
    })),
    backupsPerDay: Math.max(0, ((newest.bytes - oldest.bytes) / days) * backups.length),
    databasePerDay: sizeDays * day >= shortestHistory ? Math.max(0, databaseGrowth / sizeDays) : 0,
  };
}

/** How many backups are made per day, counted among those too young to be thinned out by retention. */
function backupsPerDay(newestFirst: readonly Backup[], rule: RetentionRule): number {
  const time = newestFirst[0]?.takenAt.getTime() ?? 0;
  const young = newestFirst.filter(({ takenAt }) => time - takenAt.getTime() <= rule.days * day);
  const counted = young.length > 1 ? young : newestFirst;
  const oldest = counted.at(-1)?.takenAt.getTime() ?? time;
  return oldest === time ? 0 : (counted.length - 1) / ((time - oldest) / day);
}

/**
 * How many backups of each age are kept, per day of age, for ages beyond `from` days. As the oldest backup reaches
 * these ages, this many are added on balance.
 */
function keptFrom(from: number, rule: RetentionRule, made: number): { days: number; perDay: number }[] {
  if (made === 0) return [];
  const band = (count: number, periodDays: number) => {
    const perDay = Math.min(made, 1 / periodDays);
    return { until: count / perDay, perDay };
  };
  const bands = [
    { until: rule.days, perDay: made },
    { until: rule.keepAtLeast / made, perDay: made },
    ...[band(rule.daily, 1), band(rule.weekly, 7), band(rule.monthly, 30.4), band(rule.yearly, 365.2)],
  ];
  const ends = bands.map(({ until }) => until).filter((until) => until > from);
  return ends
    .sort((a, b) => a - b)
    .map((end, index) => ({
      days: end - (ends[index - 1] ?? from),
      perDay: Math.max(...bands.filter(({ until }) => until >= end).map(({ perDay }) => perDay)),
    }));
}

/**
 * Days until the growth on a file system has used up `free` bytes; null if never. Databases on another file system have
 * a `databasePerDay` of 0.
 */
export function daysUntilFull(
  free: number,
  growths: readonly Growth[],
  holdsBackups: boolean,
): number | null {
  const fillings = holdsBackups ? growths.map(({ filling }) => endsOf(filling)) : [];
  const steady = growths.reduce(
    (total, growth) => total + growth.databasePerDay + (holdsBackups ? growth.backupsPerDay : 0),
    0,
  );
  const ends = fillings.flatMap((filling) => filling.map(({ end }) => end)).sort((a, b) => a - b);
  let time = 0;
  let left = free;
  for (const end of ends) {
    const rates = fillings.map((filling) => filling.find((one) => one.end >= end)?.bytesPerDay ?? 0);
    const perDay = rates.reduce((total, rate) => total + rate, steady);
    if (left <= perDay * (end - time)) return perDay === 0 ? time : time + left / perDay;
    left -= perDay * (end - time);
    time = end;
  }
  return steady > 0 ? time + left / steady : null;
}

/** The same with the day on which each rate ends. */
function endsOf(filling: readonly Filling[]): { end: number; bytesPerDay: number }[] {
  let end = 0;
  return filling.map(({ days, bytesPerDay }) => {
    end += days;
    return { end, bytesPerDay };
  });
}
