import { errorKinds, type RunOutcome, type RunRecord } from "../../contract/run-record.ts";
import type { Settings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import type { ExitCode } from "../base/exit-codes.ts";
import type { ProgramContext } from "../program/program.ts";
import { exitCodeOf } from "../program/program.ts";
import { ownIdentity } from "../system/process.ts";
import type { RunRecords } from "./records.ts";

/** What a program is about to do. */
export interface RunWork {
  program: string;
  database: string;
  action?: string;
  file?: string;
}

/** How it ended. `error` is null for what succeeded. */
export interface RunEnd {
  outcome: RunOutcome;
  exitCode: ExitCode;
  error: string | null;
  file?: string | null;
  bytes?: number | null;
  databaseBytes?: number | null;
  removed?: number;
}

/** Everything that a record says, before anything is known. */
export function emptyRecord(
  { server, programsVersion }: Settings,
  program: string,
  runId: string,
  began: Date,
): RunRecord {
  return {
    version: 1,
    event: "began",
    program,
    programsVersion,
    server,
    database: null,
    action: null,
    runId,
    ...ownIdentity(),
    began: began.toISOString(),
    ended: null,
    durationSeconds: null,
    outcome: null,
    exitCode: null,
    file: null,
    bytes: null,
    databaseBytes: null,
    removed: null,
    error: null,
  };
}

/** A run whose beginning is recorded. */
export interface Recording {
  /** Records its end; the second call does nothing. */
  end(how: RunEnd): void;
}

/** Records the beginning of a run. What cannot be recorded stops nothing, and is told once. */
export function beginRecording(records: RunRecords, context: RecordingContext, work: RunWork): Recording {
  const { settings, runId } = context;
  const { program, database, action = null, file = null } = work;
  const clock = performance.now();
  const began = { ...emptyRecord(settings, program, runId, new Date()), database, action, file };
  let told: string | null = null;
  const append = (record: RunRecord) => {
    const problem = records.append(record);
    if (problem !== null && problem !== told) tellUnrecorded(context, database, problem);
    told = problem;
  };
  append(began);
  let isOver = false;
  return {
    end: ({ error, ...how }) => {
      if (isOver) return;
      isOver = true;
      append({
        ...began,
        ...how,
        event: "ended",
        file: how.file ?? file,
        bytes: how.bytes ?? null,
        databaseBytes: how.databaseBytes ?? null,
        removed: how.removed ?? null,
        ended: new Date().toISOString(),
        durationSeconds: Math.round(performance.now() - clock) / 1000,
        error: error === null ? null : { kind: errorKinds[how.exitCode], text: error },
      });
    },
  };
}

export type RecordingContext = Pick<ProgramContext, "settings" | "runId" | "log" | "output">;

/** The log's line is shown to nobody, because this one is. */
export function tellUnrecorded(
  { log, output }: RecordingContext,
  database: string | null,
  why: string,
): void {
  const text = `this run cannot be recorded: ${why}`;
  log.record("warning", database, text);
  output.error(text);
}

/**
 * Records a run from its beginning to its end, and gives what it gives.
 * @throws what it throws, which is recorded
 */
export async function recorded<T>(
  records: RunRecords,
  context: RecordingContext,
  work: RunWork,
  run: () => Promise<T> | T,
  endOf: (result: T) => RunEnd,
): Promise<T> {
  const recording = beginRecording(records, context, work);
  try {
    const result = await run();
    recording.end(endOf(result));
    return result;
  } catch (error) {
    recording.end({ outcome: "failed", exitCode: exitCodeOf(error), error: messageOf(error) });
    throw error;
  }
}
