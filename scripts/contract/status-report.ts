import * as z from "zod/mini";
import { shownWord, word } from "../lib/base/words.ts";
import { rehearsalResult, rehearsalWords } from "./rehearsal-record.ts";

/**
 * The status report: the document that `--json` prints. `docs/status.schema.json` is made from it. Sizes are bytes,
 * durations seconds, times UTC ISO. Within version 1 there are only additions: properties, points after the eight,
 * which keep their numbers, and words. Readers ignore unknown properties, and count no unknown word as good.
 */

const count = z.int().check(z.nonnegative());
const time = z.iso.datetime();

/** `ok` and `note` need no action; `unknown` means that the look failed. */
export const FindingLevel = word(["ok", "note", "warning", "unknown", "critical"], "unknown");
export type FindingLevel = z.infer<typeof FindingLevel>;

export const Verdict = word(["healthy", "warning", "critical", "unknown"], "unknown");
export type Verdict = z.infer<typeof Verdict>;

export const Finding = z.object({
  level: FindingLevel,
  text: z.string(),
  /** The advice; null if no action is needed. */
  advice: z.nullable(z.string()),
});
export type Finding = z.infer<typeof Finding>;

/** A point; its level is the worst of its findings, of which there is at least one. */
export const Point = z.object({
  number: z.int().check(z.gte(1)),
  level: FindingLevel,
  findings: z.array(Finding).check(z.minLength(1)),
});
export type Point = z.infer<typeof Point>;

/** A session of PostgreSQL. */
export const Session = z.object({ pid: z.int(), user: z.nullable(z.string()), seconds: z.number() });

export const BackupFigures = z.object({
  file: z.string(),
  takenAt: time,
  bytes: count,
  verified: z.boolean(),
  class: shownWord(["regular", "pre-restore"]),
});

/** The performance figures. */
export const Performance = z.object({
  serverVersion: z.string(),
  databaseBytes: count,
  /** Growth since the newest backup that records the database's size; null if none does. */
  bytesSinceBackup: z.nullable(z.int()),
  connections: z.object({ used: count, maximum: count }),
  /** Share of block reads that needed no disk, 0 to 1; null before the first read. */
  cacheHitRatio: z.nullable(z.number()),
  transactions: z.object({ committed: count, rolledBack: count, since: z.nullable(time) }),
  deadlocks: count,
  rows: z.object({ live: count, dead: count }),
  lastVacuum: z.nullable(time),
  lastAnalyse: z.nullable(time),
  longestQuery: z.nullable(Session),
  longestIdleInTransaction: z.nullable(Session),
  /** Run ids of our own programs at work in this database. */
  runs: z.array(z.string()),
  /** Leftover databases of restores and rehearsals: former live databases, and unfinished attempts. */
  leftovers: z.array(
    z.object({
      database: z.string(),
      kind: shownWord(["previous", "restoring", "rehearsal"]),
      madeAt: time,
      bytes: z.nullable(count),
    }),
  ),
});
export type Performance = z.infer<typeof Performance>;

/** The result of a rehearsal: a backup restored on trial and compared with its manifest. */
export const RehearsalFigures = z.object({
  /** The backup's archive. */
  file: z.string(),
  startedAt: time,
  ...rehearsalResult,
  where: shownWord(rehearsalWords.where),
  compared: word(rehearsalWords.compared, "nothing"),
  result: word(rehearsalWords.result, "failed"),
});

export const Rehearsals = z.object({
  newest: z.nullable(RehearsalFigures),
  newestSuccessful: z.nullable(RehearsalFigures),
  /** The run id of the running one. */
  running: z.nullable(z.string()),
  /** Containers that rehearsals left when they crashed. */
  containers: z.array(z.string()),
});
export type Rehearsals = z.infer<typeof Rehearsals>;

export const DatabaseReport = z.object({
  /** The key in the configuration. */
  name: z.string(),
  container: z.string(),
  database: z.string(),
  verdict: Verdict,
  points: z.object({
    container: Point,
    connections: Point,
    database: Point,
    persistence: Point,
    backup: Point,
  }),
  /** The findings from the performance figures; empty if they could not be read. */
  activity: z.array(Finding),
  performance: z.nullable(Performance),
  backups: z.object({
    count,
    /** Exempt from retention. */
    pinned: count,
    /** Suspiciously small and not accepted. */
    shrunk: count,
    newest: z.nullable(BackupFigures),
  }),
  rehearsals: Rehearsals,
});
export type DatabaseReport = z.infer<typeof DatabaseReport>;

export const Disk = z.object({
  /** What lies on it: `backups`, `data of NAME`. */
  holds: z.array(z.string()),
  totalBytes: count,
  freeBytes: count,
  usedPercent: z.number(),
  /** At the present growth; null while that is unknown or nothing grows. */
  daysUntilFull: z.nullable(z.number()),
});
export type Disk = z.infer<typeof Disk>;

/** A store of copies, as this server knows it: the status check asks no store. */
export const StoreReport = z.object({
  /** The key in the configuration. */
  name: z.string(),
  place: z.string(),
  point: Point,
  /** How many backups have a copy that counts. */
  copies: count,
  /** When the backup of the newest copy was taken. */
  newest: z.nullable(time),
  /** `full`: copies were read back whole; `digest`: by choice they were not. */
  verify: shownWord(["full", "digest"]),
  /** When the store was last listed. */
  listedAt: z.nullable(time),
});
export type StoreReport = z.infer<typeof StoreReport>;

export const StatusReport = z.object({
  version: z.literal(1),
  verdict: Verdict,
  exitCode: z.int().check(z.gte(0)),
  /** One line: the verdict and its reasons. */
  summary: z.string(),
  /** The server's key in the configuration, and `project/stack` of its deployment. */
  server: z.string(),
  stack: z.string(),
  programsVersion: z.string(),
  checkedAt: time,
  points: z.object({ schedule: Point, disk: Point, log: Point }),
  schedule: z.object({
    /** The cron expression of the backup, in the server's time zone. */
    backup: z.string(),
    previous: z.nullable(time),
    next: z.nullable(time),
    /** The same for rehearsals; null if none are scheduled. */
    rehearsal: z.nullable(
      z.object({ expression: z.string(), previous: z.nullable(time), next: z.nullable(time) }),
    ),
  }),
  disks: z.array(Disk),
  /** Absent where nothing is copied, and in reports of older versions. */
  stores: z.optional(z.array(StoreReport)),
  /** The last backup runs by their records, of the databases that were looked at. */
  runs: z.object({ counted: count, succeeded: count }),
  databases: z.array(DatabaseReport),
});
export type StatusReport = z.infer<typeof StatusReport>;
