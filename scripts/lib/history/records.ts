import type { RunRecord } from "../../contract/run-record.ts";

/**
 * The seam of run records: the history of a server. The programs use the implementation `monthlyFiles`. Every
 * implementation must pass test/unit/scripts/history/suite.ts, which tests this contract.
 *
 * - A record that `append` has accepted (it returned null) survives a power cut, and `read` returns it with every
 *   property. A file name or an error that is too long for a line is shortened.
 * - `append` adds one record or none, never a part. Records of programs that run at the same time do not mix. A record
 *   torn by a crash damages no later record.
 * - `append`, `problem` and `forget` never throw: a failed write or removal stops nothing. They return the reason, in
 *   words for people.
 * - `read` hides nothing. Text that is not a record is in `unreadable`, at its place among the records. If it cannot
 *   read at all, it throws. Neither may be taken for success.
 * - Records are in the order in which they were appended, also if the clock was set back. Whole months are in calendar
 *   order; months that a wrong clock dated in the future come first.
 */
export interface RunRecords extends RecordsAppender {
  /** @throws Error, a system error: then the history is unknown. */
  read(wanted: Wanted): ReadRecords;
  /** Why nothing can be appended now, as far as can be seen without trying; null when appending looks possible. */
  problem(): string | null;
  /**
   * Removes whole months of which every day is more than `days` before `now`, oldest first. As many months as `days`
   * may touch always stay, however old they are, so a wrong clock removes no young record.
   */
  forget(days: number, now: Date): Forgotten;
}

export interface RecordsAppender {
  /** Appends a record. @returns the reason if it failed; null if it succeeded. */
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

/** Text among the records that is not a record: torn by a full disk or a power cut, or edited. */
export interface Unreadable {
  /** For people: where it is. */
  where: string;
  /** The number of returned records before it. */
  behind: number;
}

export interface Forgotten {
  /** `2025-09`. */
  months: string[];
  /** The files that could not be removed, with reasons. */
  problems: string[];
}

const day = 86_400_000;

/** The months whose records are to be removed, oldest first. */
export function expiredMonths(months: readonly string[], days: number, now: Date): string[] {
  const first = new Date(now.getTime() - days * day).toISOString().slice(0, 7);
  const touched = Math.ceil(days / 28) + 1;
  return [...months]
    .sort()
    .slice(0, -touched)
    .filter((month) => month < first);
}

/** Months in the order of their records: months that a wrong clock dated in the future come first. */
export function inOrder(months: readonly string[], now: Date): string[] {
  const tomorrow = new Date(now.getTime() + day).toISOString().slice(0, 7);
  const isFuture = (month: string) => Number(month > tomorrow);
  return [...months].sort((a, b) => isFuture(b) - isFuture(a) || (a < b ? -1 : 1));
}
