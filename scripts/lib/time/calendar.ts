/**
 * The calendar's days, weeks, months and years, in UTC, as in file names and manifests. So a bucket has the same length
 * when clocks change, and no decision depends on the server's time zone.
 */

const day = 86_400_000;
const pad = (value: number): string => String(value).padStart(2, "0");

const monthOf = (time: Date): string => `${time.getUTCFullYear()}-${pad(time.getUTCMonth() + 1)}`;

/** ISO 8601: a week is of the year that its Thursday is in. */
function weekOf(time: Date): string {
  const midnight = Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate());
  const thursday = new Date(midnight + (4 - (time.getUTCDay() || 7)) * day);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / day / 7) + 1;
  return `${year}-W${pad(week)}`;
}

/** The bucket of a moment: `2026-11-22`, `2026-W47`, `2026-11`, `2026`. */
export const buckets = {
  daily: { noun: "day", of: (time: Date) => `${monthOf(time)}-${pad(time.getUTCDate())}` },
  weekly: { noun: "week", of: weekOf },
  monthly: { noun: "month", of: monthOf },
  yearly: { noun: "year", of: (time: Date) => String(time.getUTCFullYear()) },
} as const satisfies Record<string, { noun: string; of: (time: Date) => string }>;
export type BucketKind = keyof typeof buckets;

export const bucketKinds = ["daily", "weekly", "monthly", "yearly"] as const satisfies readonly BucketKind[];
