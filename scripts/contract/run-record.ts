import * as z from "zod/mini";
import { isoTime } from "../lib/base/iso-time.ts";
import { knownWord } from "../lib/base/known-word.ts";

/**
 * Run records: every run of every program writes one line of JSON beside the backups at its beginning and one at its
 * end. They are the history of a server; the log is for people.
 *
 * A run is one program working on one database. A run of three databases has three pairs of lines with one run id.
 * Calls that change nothing leave no record: lists, dry runs, `--verify-only`, a wrong command line. A status check
 * writes one line, an end, if its verdict has changed.
 *
 * The end repeats all properties of the beginning. So a run whose beginning could not be written is known by its end. A
 * beginning without an end is a running run, or one that crashed.
 *
 * Sizes are bytes, durations seconds, times UTC ISO. Later versions may add properties, events, programs and outcomes.
 * Readers ignore unknown ones, and count no unknown outcome as good.
 */

/** `partly`: done, and something beside it failed. `refused`: not begun, for a reason that is no fault. */
const workOutcomes = ["succeeded", "partly", "skipped", "refused", "failed"] as const;
/** Of a status check: its verdict. */
const verdicts = ["healthy", "warning", "unknown", "critical"] as const;
const runOutcomes = [...workOutcomes, ...verdicts] as const;
export type RunOutcome = (typeof runOutcomes)[number];

const count = z.int().check(z.nonnegative());

const Written = z.object({
  version: z.literal(1),
  /** `began` or `ended`. */
  event: z.string(),
  program: z.string(),
  /** Version of the programs. */
  programsVersion: z.string(),
  /** The server's key in the configuration. */
  server: z.string(),
  /** The database's key in the configuration; null for a status check, which looks at all of them. */
  database: z.nullable(z.string()),
  /** The action, for a program with several: `in-place`, `rollback`, `unpin`. */
  action: z.nullable(z.string()),
  runId: z.string(),
  /** /proc/sys/kernel/random/boot_id; null where it cannot be read. */
  bootId: z.nullable(z.string()),
  pid: z.int(),
  /** When the process started, in the kernel's clock ticks since boot: a pid may be given again. */
  processStart: z.nullable(z.string()),
  began: isoTime,
  /** The rest is null at the beginning. */
  ended: z.nullable(isoTime),
  /** By the monotonic clock. */
  durationSeconds: z.nullable(z.number()),
  outcome: z.nullable(z.string()),
  /** A status check's exit codes are its own. */
  exitCode: z.nullable(z.int()),
  /** The backup that was taken, restored, rehearsed or pinned: its archive's name, several with spaces between, or a path. */
  file: z.nullable(z.string()),
  /** Of that archive. */
  bytes: z.nullable(count),
  /** pg_database_size of a backup's database. */
  databaseBytes: z.nullable(count),
  /** How many backups had expired and are gone. */
  removed: z.nullable(count),
  /**
   * Why it is not `succeeded`: a word for programs, the exit code's name (`noSpace`), and a sentence for people,
   * shortened if long. Nothing secret.
   */
  error: z.nullable(z.object({ kind: z.string(), text: z.string() })),
});

export type RunRecord = Omit<z.infer<typeof Written>, "event" | "outcome"> & {
  event: "began" | "ended" | "other";
  outcome: RunOutcome | null;
};

/** For the documented JSON Schema. */
export const runRecordSchema = Written;

/** @throws SyntaxError or ZodError for a line that is no record. */
export function parseRunRecord(line: string): RunRecord {
  const { event, outcome, ...written } = z.parse(Written, JSON.parse(line));
  return {
    ...written,
    event: knownWord(["began", "ended", "other"], event, "other"),
    outcome: outcome === null ? null : knownWord(runOutcomes, outcome, "failed"),
  };
}
