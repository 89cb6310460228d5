import * as z from "zod/mini";
import { rehearsalResult } from "../rehearsal/record.ts";

/**
 * What a status check answers: the document that `--json` prints. `docs/status.schema.json` is made from it.
 * Sizes are bytes, durations seconds, times UTC ISO. Within version 1 properties are only ever added.
 */

const count = z.int().check(z.nonnegative());
const time = z.iso.datetime();

/** `ok` and `note` need nothing done; `unknown` could not be looked at. */
export const FindingLevel = z.literal(["ok", "note", "warning", "unknown", "critical"]);
export type FindingLevel = z.infer<typeof FindingLevel>;

export const Verdict = z.literal(["healthy", "warning", "critical", "unknown"]);
export type Verdict = z.infer<typeof Verdict>;

export const Finding = z.strictObject({
  level: FindingLevel,
  text: z.string(),
  /** What to do about it; null where there is nothing to do. */
  advice: z.nullable(z.string()),
});
export type Finding = z.infer<typeof Finding>;

/** One of the eight points; its level is the worst of its findings, of which there is at least one. */
export const Point = z.strictObject({
  number: z.int().check(z.gte(1), z.lte(8)),
  level: FindingLevel,
  findings: z.array(Finding).check(z.minLength(1)),
});
export type Point = z.infer<typeof Point>;

/** A session of PostgreSQL. */
export const Session = z.strictObject({ pid: z.int(), user: z.nullable(z.string()), seconds: z.number() });

export const BackupFigures = z.strictObject({
  file: z.string(),
  takenAt: time,
  bytes: count,
  verified: z.boolean(),
  class: z.literal(["regular", "pre-restore"]),
});

/** The performance figures. */
export const Performance = z.strictObject({
  serverVersion: z.string(),
  databaseBytes: count,
  /** Growth since the newest backup that says how large the database was; null where none does. */
  bytesSinceBackup: z.nullable(z.int()),
  connections: z.strictObject({ used: count, maximum: count }),
  /** Share of block reads that needed no disk, 0 to 1; null before the first read. */
  cacheHitRatio: z.nullable(z.number()),
  transactions: z.strictObject({ committed: count, rolledBack: count, since: z.nullable(time) }),
  deadlocks: count,
  rows: z.strictObject({ live: count, dead: count }),
  lastVacuum: z.nullable(time),
  lastAnalyse: z.nullable(time),
  longestQuery: z.nullable(Session),
  longestIdleInTransaction: z.nullable(Session),
  /** Run ids of our own programs at work in this database. */
  runs: z.array(z.string()),
  /** Databases that restores and rehearsals left: what was live before, and attempts that did not end. */
  leftovers: z.array(
    z.strictObject({
      database: z.string(),
      kind: z.literal(["previous", "restoring", "rehearsal"]),
      madeAt: time,
      bytes: z.nullable(count),
    }),
  ),
});
export type Performance = z.infer<typeof Performance>;

/** What a rehearsal showed: a backup restored on trial and compared with its manifest. */
export const RehearsalFigures = z.strictObject({
  /** The backup's archive. */
  file: z.string(),
  startedAt: time,
  ...rehearsalResult,
});

export const Rehearsals = z.strictObject({
  newest: z.nullable(RehearsalFigures),
  newestSuccessful: z.nullable(RehearsalFigures),
  /** The run id of the one at work. */
  running: z.nullable(z.string()),
  /** Containers that rehearsals left when they died. */
  containers: z.array(z.string()),
});
export type Rehearsals = z.infer<typeof Rehearsals>;

export const DatabaseReport = z.strictObject({
  /** The key in the configuration. */
  name: z.string(),
  container: z.string(),
  database: z.string(),
  verdict: Verdict,
  points: z.strictObject({
    container: Point,
    connections: Point,
    database: Point,
    persistence: Point,
    backup: Point,
  }),
  /** What the performance figures give rise to; empty when they could not be read. */
  activity: z.array(Finding),
  performance: z.nullable(Performance),
  backups: z.strictObject({
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

export const Disk = z.strictObject({
  /** What lies on it: `backups`, `data of NAME`. */
  holds: z.array(z.string()),
  totalBytes: count,
  freeBytes: count,
  usedPercent: z.number(),
  /** At the present growth; null while that cannot be told or nothing grows. */
  daysUntilFull: z.nullable(z.number()),
});
export type Disk = z.infer<typeof Disk>;

export const StatusReport = z.strictObject({
  version: z.literal(1),
  verdict: Verdict,
  exitCode: z.int().check(z.gte(0), z.lte(3)),
  /** One line: the verdict and its reasons. */
  summary: z.string(),
  /** The server's key in the configuration, and `project/stack` of its deployment. */
  server: z.string(),
  stack: z.string(),
  programsVersion: z.string(),
  checkedAt: time,
  points: z.strictObject({ schedule: Point, disk: Point, log: Point }),
  schedule: z.strictObject({
    /** The cron expression of the backup, in the server's time zone. */
    backup: z.string(),
    previous: z.nullable(time),
    next: z.nullable(time),
    /** The same of the rehearsals; null where none are scheduled. */
    rehearsal: z.nullable(
      z.strictObject({ expression: z.string(), previous: z.nullable(time), next: z.nullable(time) }),
    ),
  }),
  disks: z.array(Disk),
  /** The last backup runs in the log, of the databases that were looked at. */
  runs: z.strictObject({ counted: count, succeeded: count }),
  databases: z.array(DatabaseReport),
});
export type StatusReport = z.infer<typeof StatusReport>;
