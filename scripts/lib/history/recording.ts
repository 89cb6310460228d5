import type { RunOutcome, RunRecord } from "../../contract/run-record.ts";
import type { Settings } from "../../contract/settings.ts";
import { errorKind } from "../../contract/write-record.ts";
import { messageOf } from "../base/errors.ts";
import type { ExitCode } from "../base/exit-codes.ts";
import { oneLine } from "../program/log.ts";
import type { ProgramContext } from "../program/program.ts";
import { exitCodeOf } from "../program/program.ts";
import { ownIdentity } from "../system/process.ts";
import type { RecordsAppender } from "./records.ts";

/** The work that a program begins. */
export interface RunWork {
  program: string;
  database: string;
  action?: string;
  file?: string;
}

/** The end of a run. `error` is null for a success. */
export interface RunEnd {
  outcome: RunOutcome;
  exitCode: ExitCode;
  error: string | null;
  file?: string | null;
  bytes?: number | null;
  databaseBytes?: number | null;
  removed?: number;
}

/** A record with every property, before anything about the run is known. */
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

/** The records of one run, from the moment its database is known. */
export interface Recording {
  /** Records its beginning; the first call counts. */
  begin(work: RunWork): void;
  /** Records its end, if it began; the first call counts. */
  end(how: RunEnd): void;
}

/** A record that cannot be written stops nothing and is reported once. */
export function recordingOf(records: RecordsAppender, context: RecordingContext): Recording {
  const { settings, runId } = context;
  const clock = performance.now();
  let began: RunRecord | null = null;
  let isOver = false;
  let reported: string | null = null;
  const append = (record: RunRecord) => {
    const problem = records.append(record);
    if (problem !== null && problem !== reported) tellUnrecorded(context, record.database, problem);
    reported = problem;
  };
  return {
    begin: ({ program, database, action = null, file = null }) => {
      if (began !== null) return;
      began = { ...emptyRecord(settings, program, runId, new Date()), database, action, file };
      append(began);
    },
    end: ({ error, ...how }) => {
      if (began === null || isOver) return;
      isOver = true;
      append({
        ...began,
        ...how,
        event: "ended",
        ended: new Date().toISOString(),
        durationSeconds: Math.round(performance.now() - clock) / 1000,
        error: error === null ? null : { kind: errorKind(how.exitCode), text: oneLine(error) },
      });
    },
  };
}

export type RecordingContext = Pick<ProgramContext, "settings" | "runId" | "log" | "output">;

/** The log's line is not shown on the terminal, because this line is. */
function tellUnrecorded({ log, output }: RecordingContext, database: string | null, why: string): void {
  const text = `this run cannot be recorded: ${why} [DBK-RECORD-2]`;
  log.record("warning", database, text);
  output.error(text);
}

/**
 * Records a run from its beginning to its end, and returns its result.
 * @throws the error of the run, after recording it
 */
export async function recorded<T>(
  records: RecordsAppender,
  context: RecordingContext,
  work: RunWork,
  run: () => Promise<T> | T,
  runEndOf: (result: T) => RunEnd,
): Promise<T> {
  const recording = recordingOf(records, context);
  recording.begin(work);
  try {
    const result = await run();
    recording.end(runEndOf(result));
    return result;
  } catch (error) {
    recording.end({ outcome: "failed", exitCode: exitCodeOf(error), error: messageOf(error) });
    throw error;
  }
}
