import type { BackupClass } from "../../contract/manifest.ts";
import type { Settings } from "../../contract/settings.ts";
import { formatDuration, plural } from "../base/format.ts";
import { type BucketKind, bucketKinds, buckets } from "../time/calendar.ts";

/** The facts that decide whether a backup is kept; a `Backup` has them. */
export interface RetentionCandidate {
  stem: string;
  takenAt: Date;
  class: BackupClass;
  /** Null for a file that is not known to be ours. */
  manifest: object | null;
  verified: boolean;
  pinned: boolean;
  /** It is suspiciously small, and that was not accepted. */
  shrunk: boolean;
  bytes: number;
}

/** Backups that are kept for another reason than their age; stems. */
export interface Needed {
  /** An interrupted in-place restore has its only copy of the database there. */
  byRestore: string | null;
  /** Rehearsals found these equal. */
  proven: ReadonlySet<string>;
  /** The stores that have no copy yet of a backup. */
  uncopied: ReadonlyMap<string, string>;
  /** What is missing to `monitoring.minimumFreeSpace`; for so much the oldest go although a store lacks them. */
  bytesShort: number;
}

export type RetentionRule = Omit<Settings["retention"], "keepPreviousDays" | "runRecordsDays">;

export interface Decision<T> {
  backup: T;
  keep: boolean;
  /** Why it stays or goes, without the file's name. */
  reason: string;
  /** The stores without a copy of it, although it goes; null if there are none. */
  uncopiedAt: string | null;
}

export const dayMilliseconds = 86_400_000;
export const nothingNeeded: Needed = {
  ...{ byRestore: null, proven: new Set(), uncopied: new Map(), bytesShort: 0 },
};

/** Newest first; of the same second by name, whatever order the directory has. */
export const newestFirst = <T extends { stem: string; takenAt: Date }>(backups: readonly T[]): T[] =>
  backups.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.stem < b.stem ? 1 : -1));

/** The verified regular backups not dated in the future, newest first. Only these count. */
export const goodOnes = <T extends RetentionCandidate>(backups: readonly T[], now: Date): T[] =>
  newestFirst(backups).filter((one) => one.verified && one.class === "regular" && one.takenAt <= now);

/**
 * Decides about each backup of one database, newest first. Foreign, pinned and needed backups stay. Age is counted from
 * the newest verified regular backup, so a standstill removes nothing; without one all backups stay. A backup dated in
 * the future stays and does not count. Each rule can only keep a backup. A backup that no rule keeps is removed; one
 * that a store lacks only when space is short.
 */
export function decide<T extends RetentionCandidate>(
  backups: readonly T[],
  rule: RetentionRule,
  now: Date,
  needed: Needed = nothingNeeded,
): Decision<T>[] {
  const sorted = newestFirst(backups);
  const good = goodOnes(sorted, now);
  const [reference] = good;
  const newest = sorted.find(({ verified }) => verified);
  const proven = sorted.find((one) => one.verified && one.takenAt <= now && needed.proven.has(one.stem));
  const counted = new Set(good.slice(0, rule.keepAtLeast));
  const last = lastOfBuckets(good, rule);
  const suspicion = suspicionAmong(good);
  const keepReason = (backup: T): string | null => {
    if (backup.manifest === null) return "no manifest";
    if (backup.pinned) return "pinned";
    if (backup.stem === needed.byRestore) return "an in-place restore that was cut off needs it";
    if (reference === undefined) return "there is no verified regular backup to count its age from";
    if (backup === newest) return "the newest verified backup";
    if (backup === reference) return "the newest verified regular backup";
    if (backup.takenAt > now) return "dated in the future: the clock is or was wrong";
    if (ageOf(backup, reference) <= daysOf(backup, rule)) return ageText(backup, reference, rule);
    if (counted.has(backup)) return `one of the newest ${plural(rule.keepAtLeast, "verified backup")}`;
    const bucket = last.get(backup);
    if (bucket !== undefined) return bucket;
    if (backup === proven) return "the newest that a rehearsal found equal";
    // Of backups of the same second, one that is not small itself does not belong to the small ones.
    if (suspicion !== null && backup.takenAt <= suspicion.since && !isOfRun(backup, suspicion.since)) {
      return `taken before ${suspicion.newest.stem} and those like it, which are suspiciously small: kept until that is accepted`;
    }
    return null;
  };
  const given = givenUp(
    sorted.filter((backup) => keepReason(backup) === null),
    needed,
  );
  return sorted.map((backup) => {
    const stores = needed.uncopied.get(backup.stem);
    const waiting = stores === undefined || given.has(backup) ? null : `no copy yet at ${stores}`;
    const reason = keepReason(backup) ?? waiting;
    const keep = reason !== null;
    const uncopiedAt = keep ? null : (stores ?? null);
    return { backup, keep, reason: reason ?? goingText(backup, reference, rule), uncopiedAt };
  });
}

/**
 * The oldest of the expired backups without a copy, as many as free the space that is missing.
 * @param expired newest first
 */
function givenUp<T extends RetentionCandidate>(
  expired: readonly T[],
  { bytesShort, uncopied }: Needed,
): Set<T> {
  const isUncopied = ({ stem }: T) => uncopied.has(stem);
  let short = bytesShort;
  for (const { bytes } of expired.filter((one) => !isUncopied(one))) short -= bytes;
  const given = new Set<T>();
  for (const backup of expired.filter(isUncopied).toReversed()) {
    if (short <= 0) break;
    given.add(backup);
    short -= backup.bytes;
  }
  return given;
}

/**
 * The newest verified regular backup if it is suspiciously small and not accepted, and the beginning of the small ones;
 * else null. All older backups are then kept. The small ones expire as usual, so that the disk does not fill.
 */
export function suspicionAmong<T extends RetentionCandidate>(
  good: readonly T[],
): { newest: T; since: Date } | null {
  const end = good.findIndex(({ shrunk }) => !shrunk);
  const small = end === -1 ? good : good.slice(0, end);
  const [newest] = small;
  const first = small.at(-1);
  return newest === undefined || first === undefined ? null : { newest, since: first.takenAt };
}

const isOfRun = ({ shrunk, takenAt }: RetentionCandidate, since: Date): boolean =>
  shrunk && takenAt.getTime() === since.getTime();

/** The moment before which our backups are old; null while there is nothing to count from. */
export function ageLimit(
  backups: readonly RetentionCandidate[],
  rule: RetentionRule,
  now: Date,
): Date | null {
  const [reference] = goodOnes(backups, now);
  return reference === undefined ? null : new Date(reference.takenAt.getTime() - rule.days * dayMilliseconds);
}

/** For the last good one of each of the newest N days, weeks, months and years that have one: why it stays. */
function lastOfBuckets<T extends RetentionCandidate>(
  good: readonly T[],
  rule: RetentionRule,
): Map<T, string> {
  const reasons = new Map<T, string>();
  for (const kind of bucketKinds) {
    for (const [bucket, backup] of newestBuckets(good, kind, rule[kind])) {
      const { noun } = buckets[kind];
      const text = `the last of the ${noun} ${bucket}, one of the newest ${plural(rule[kind], noun)}`;
      if (!reasons.has(backup)) reasons.set(backup, text);
    }
  }
  return reasons;
}

function newestBuckets<T extends RetentionCandidate>(
  good: readonly T[],
  kind: BucketKind,
  count: number,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const backup of good) {
    const bucket = buckets[kind].of(backup.takenAt);
    if (found.has(bucket)) continue;
    if (found.size === count) break;
    found.set(bucket, backup);
  }
  return found;
}

/** In days. */
const ageOf = (backup: RetentionCandidate, reference: RetentionCandidate): number =>
  (reference.takenAt.getTime() - backup.takenAt.getTime()) / dayMilliseconds;

const daysOf = (backup: RetentionCandidate, rule: RetentionRule): number =>
  backup.class === "regular" ? rule.days : rule.preRestoreDays;

function ageText(
  backup: RetentionCandidate,
  reference: RetentionCandidate | undefined,
  rule: RetentionRule,
): string {
  const age = reference === undefined ? 0 : ageOf(backup, reference);
  const [span, side] = [
    formatDuration((Math.abs(age) * dayMilliseconds) / 1000),
    age < 0 ? "after" : "before",
  ];
  const limit = `kept for ${plural(daysOf(backup, rule), "day")}`;
  const origin = backup.class === "regular" ? "taken" : "made before a restore,";
  return `${origin} ${span} ${side} the newest verified regular one, ${limit}`;
}

const goingText = (
  backup: RetentionCandidate,
  reference: RetentionCandidate | undefined,
  rule: RetentionRule,
): string =>
  `${backup.verified ? "" : "its size differs from the manifest; "}${ageText(backup, reference, rule)}`;
