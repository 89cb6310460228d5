import type { RunOutcome, RunRecord } from "../../contract/run-record.ts";

/** A run, from its records. */
export interface RecordedRun {
  program: string;
  database: string | null;
  runId: string;
  began: Date;
  /** `at-work`: it has not ended yet; `crashed`: it never will end. */
  outcome: RunOutcome | "at-work" | "crashed";
  /** Why it did not succeed, if known. */
  error: string | null;
}

/**
 * The runs in the records, in the order in which they began.
 * @param isAtWork whether a run without an end is still alive; called for no other run.
 */
export function runsIn(
  records: readonly RunRecord[],
  isAtWork: (beginning: RunRecord) => boolean,
): RecordedRun[] {
  const last = new Map<string, RunRecord>();
  for (const record of records) {
    if (record.event === "other") continue;
    const { began, database, program, runId } = record;
    const key = JSON.stringify([program, database, runId, began]);
    // Whatever the order on the disk, an end is the last record of its run.
    if (last.get(key)?.event !== "ended") last.set(key, record);
  }
  return [...last.values()].map((record) => ({
    program: record.program,
    database: record.database,
    runId: record.runId,
    began: new Date(record.began),
    outcome: outcomeOf(record, isAtWork),
    error: record.error?.text ?? null,
  }));
}

function outcomeOf(record: RunRecord, isAtWork: (beginning: RunRecord) => boolean): RecordedRun["outcome"] {
  // An end without an outcome is not a success.
  if (record.event === "ended") return record.outcome ?? "failed";
  return isAtWork(record) ? "at-work" : "crashed";
}
