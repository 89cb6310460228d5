import type { RunRecord } from "../../contract/run-record.ts";

/**
 * The seam of run records: where the history of a server is kept. `monthlyFiles` is the one that the programs use;
 * test/unit/scripts/history/suite.ts holds what each implementation has to keep of this contract.
 *
 * - What `append` has accepted (it returned null) outlives a power cut, and `read` gives it back with every property;
 *   a file and an error that are too long for a line are shortened.
 * - `append` adds one record or none, and never half of one: the records of programs that run at once do not mix, and
 *   what a crash left torn spoils no record that comes after it.
 * - `append`, `problem` and `forget` never throw: what cannot be written or removed stops nothing. They say why, in words
 *   for people.
 * - `read` hides nothing. What it cannot read as a record is in `unreadable`, at its place among the records; what it
 *   cannot read at all it throws. Nobody may take the silence of either for success.
 * - The order is that in which records were appended, also where a clock was set back. Only whole months stand in the
 *   order of the calendar, those first that a clock dated in the future.
 */
export interface RunRecords extends RecordsAppender {
  /** @throws Error, a system error: then nothing is known. */
  read(wanted: Wanted): ReadRecords;
  /** Why nothing can be appended now, as far as can be seen without trying; null when appending looks possible. */
  problem(): string | null;
  /**
   * Removes whole months of which every day is more than `days` before `now`, oldest first. So many months stay as
   * `days` may touch, however old they are: a clock that is wrong removes nothing that is young.
   */
  forget(days: number, now: Date): Forgotten;
}

export interface RecordsAppender {
  /** Appends a record. @returns why it is not there; null when it is. */
  append(record: RunRecord): string | null;
}

export interface Wanted {
  /** The first month, `2026-10`; all of them unless given. */
  from?: string;
  /** About how many bytes of each month, its end; all of it unless given. */
  bytes?: number;
  now: Date;
}

export interface ReadRecords {
  records: readonly RunRecord[];
  unreadable: readonly Unreadable[];
}

/** What lies among the records and is none: torn by a full disk or a power cut, or changed by somebody. */
export interface Unreadable {
  /** For people: where it is. */
  where: string;
  /** How many of the records that were read stand before it. */
  behind: number;
}

export interface Forgotten {
  /** `2025-09`. */
  months: string[];
  /** What could not be removed, and why. */
  problems: string[];
}

const day = 86_400_000;

/** Of all months with records those that are to go, oldest first. */
export function expiredMonths(months: readonly string[], days: number, now: Date): string[] {
  const first = new Date(now.getTime() - days * day).toISOString().slice(0, 7);
  const touched = Math.ceil(days / 28) + 1;
  return [...months]
    .sort()
    .slice(0, -touched)
    .filter((month) => month < first);
}

/** Months in the order of their records: what a clock that was wrong dated in the future comes before the rest. */
export function inOrder(months: readonly string[], now: Date): string[] {
  const tomorrow = new Date(now.getTime() + day).toISOString().slice(0, 7);
  const isFuture = (month: string) => Number(month > tomorrow);
  return [...months].sort((a, b) => isFuture(b) - isFuture(a) || (a < b ? -1 : 1));
}
