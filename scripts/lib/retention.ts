import type { BackupClass } from "./manifest.ts";
import { median } from "./median.ts";

/** What decides whether a backup is kept; a `Backup` is one. */
export interface RetentionCandidate {
  takenAt: Date;
  class: BackupClass;
  verified: boolean;
  manifest: object | null;
  bytes: number;
}

export interface RetentionRule {
  days: number;
  keepAtLeast: number;
}

const dayMilliseconds = 86_400_000;

/**
 * The backups that go, of one database's. Only ours (with manifest) and only those older than `days`; age counts
 * from the newest verified one that is not in the future, so that a standstill or a wrong clock removes nothing.
 * What always stays: the newest verified of all, and the newest `keepAtLeast` verified regular ones (adopted ones
 * count, backups taken before a restore do not: they may hold what the restore was to undo).
 */
export function expired<T extends RetentionCandidate>(
  backups: readonly T[],
  rule: RetentionRule,
  now: Date,
): T[] {
  const newestFirst = [...backups].sort((a, b) => b.takenAt.getTime() - a.takenAt.getTime());
  const good = newestFirst.filter((backup) => backup.manifest !== null && backup.verified);
  const reference = good.find((backup) => backup.takenAt <= now);
  if (reference === undefined) return [];
  const regular = good.filter((backup) => backup.class === "regular");
  const kept = new Set([good[0], reference, ...regular.slice(0, rule.keepAtLeast)]);
  const limit = reference.takenAt.getTime() - rule.days * dayMilliseconds;
  return newestFirst.filter(
    (backup) => backup.manifest !== null && !kept.has(backup) && backup.takenAt.getTime() < limit,
  );
}

/** How many percent smaller the newest backup is than the median of those before it; 0 if it is not, or is the first. */
export function shrinkPercent(newestBytes: number, earlierBytes: readonly number[]): number {
  const usual = median(earlierBytes);
  if (usual === null || usual === 0) return 0;
  return Math.max(0, Math.round((1 - newestBytes / usual) * 100));
}
