import type { Settings } from "../../contract/settings.ts";
import type { Finding, Performance } from "../../contract/status-report.ts";
import { formatBytes, formatDuration, formatNumber, formatTime } from "../base/format.ts";
import { recogniseDatabase, runStart } from "../postgres/database-names.ts";
import { identifier } from "../postgres/sql.ts";
import { sizeAtBackup } from "./judge-postgres.ts";
import { critical, note, warning } from "./levels.ts";
import type { DatabaseObservation, PostgresFigures } from "./observation.ts";

const day = 86_400_000;
const manyDeadRows = 10_000;
const manyDeadPercent = 20;
/** A cache that was hardly used has no meaningful ratio. */
const enoughBlockReads = 100_000;
const poorCacheHitRatio = 0.9;
/** PostgreSQL refuses writes at 2^31 and forces vacuums from 200 million. */
const oldTransactions = 1_000_000_000;
const veryOldTransactions = 1_800_000_000;

/** Leftovers of restores and rehearsals: databases recognised by their names. */
export function leftoversOf({ databases }: PostgresFigures, live: string): Performance["leftovers"] {
  return databases.flatMap(({ name, bytes }) => {
    const made = recogniseDatabase(live, name);
    if (made === null) return [];
    return [{ database: name, kind: made.kind, madeAt: runStart(made.runId).toISOString(), bytes }];
  });
}

/** The performance figures as they are reported. */
export function performanceOf(figures: PostgresFigures, database: DatabaseObservation): Performance {
  const before = sizeAtBackup(database);
  const reads = figures.blocksHit + figures.blocksRead;
  return {
    serverVersion: figures.serverVersion,
    databaseBytes: figures.databaseBytes,
    bytesSinceBackup: before === null ? null : figures.databaseBytes - before,
    connections: figures.connections,
    cacheHitRatio: reads === 0 ? null : figures.blocksHit / reads,
    transactions: {
      committed: figures.commits,
      rolledBack: figures.rollbacks,
      since: figures.statisticsSince?.toISOString() ?? null,
    },
    deadlocks: figures.deadlocks,
    rows: { live: figures.liveRows, dead: figures.deadRows },
    lastVacuum: figures.lastVacuum?.toISOString() ?? null,
    lastAnalyse: figures.lastAnalyse?.toISOString() ?? null,
    longestQuery: figures.longestQuery,
    longestIdleInTransaction: figures.longestIdleInTransaction,
    runs: [...figures.runs],
    leftovers: leftoversOf(figures, database.settings.database),
  };
}

/** The findings from the performance figures; none for healthy figures. */
export function judgeActivity(database: DatabaseObservation, settings: Settings, now: Date): Finding[] {
  if (!database.postgres.answers) return [];
  const { figures } = database.postgres;
  return [
    ...judgeSessions(figures, settings.monitoring.longQuerySeconds),
    ...judgeUpkeep(figures),
    ...judgeLeftovers(figures, database, settings, now),
    ...(database.lockedBy === null ? [] : [note(`at work: ${database.lockedBy.text}`)]),
  ];
}

function judgeSessions(figures: PostgresFigures, limit: number): Finding[] {
  const kinds = [
    { session: figures.longestQuery, what: "a query has run", end: "pg_cancel_backend" },
    {
      session: figures.longestIdleInTransaction,
      what: "a transaction has been idle",
      end: "pg_terminate_backend",
    },
  ];
  return kinds.flatMap(({ session, what, end }) => {
    if (session === null || session.seconds < limit) return [];
    const text = `${what} for ${formatDuration(session.seconds)} (pid ${session.pid}, user ${session.user ?? "unknown"}) [DBK-STATUS-17]`;
    return [warning(text, `end it: SELECT ${end}(${session.pid})`)];
  });
}

function judgeUpkeep(figures: PostgresFigures): Finding[] {
  const findings: Finding[] = [];
  const rows = figures.liveRows + figures.deadRows;
  const deadPercent = rows === 0 ? 0 : Math.round((figures.deadRows / rows) * 100);
  if (figures.deadRows >= manyDeadRows && deadPercent >= manyDeadPercent) {
    const text = `${deadPercent} % of the rows are dead (${formatNumber(figures.deadRows)}) [DBK-STATUS-17]`;
    findings.push(warning(text, "VACUUM (ANALYZE); see whether autovacuum keeps up"));
  }
  const reads = figures.blocksHit + figures.blocksRead;
  if (reads >= enoughBlockReads && figures.blocksHit / reads < poorCacheHitRatio) {
    const percent = Math.round((figures.blocksHit / reads) * 100);
    findings.push(
      note(`only ${percent} % of the reads come from the cache`, "a larger shared_buffers may help"),
    );
  }
  if (figures.transactionAge >= oldTransactions) {
    const level = figures.transactionAge >= veryOldTransactions ? critical : warning;
    const millions = Math.round(figures.transactionAge / 1_000_000);
    const text = `the oldest transaction ID is ${millions} million transactions old; PostgreSQL stops accepting writes at 2,147 million [DBK-STATUS-17]`;
    findings.push(level(text, "VACUUM (FREEZE) now; end old transactions and prepared ones"));
  }
  return findings;
}

function judgeLeftovers(
  figures: PostgresFigures,
  { settings: { database, name }, lockedBy, rehearsals }: DatabaseObservation,
  settings: Settings,
  now: Date,
): Finding[] {
  return leftoversOf(figures, database).flatMap((left) => {
    const made = new Date(left.madeAt);
    const size = left.bytes === null ? "" : `, ${formatBytes(left.bytes)}`;
    const drop = `DROP DATABASE ${identifier(left.database)}`;
    if (left.kind !== "previous") {
      const atWork = left.kind === "restoring" ? lockedBy !== null : rehearsals.living !== null;
      if (atWork) return [];
      const what = left.kind === "restoring" ? "restore" : "rehearsal";
      const text = `a ${what} left the database ${left.database}${size} [DBK-STATUS-18]`;
      return [warning(text, `the next backup removes it, or: ${drop}`)];
    }
    const text = `${left.database}${size}: what ${name} was before the restore of ${formatTime(made)}`;
    const kept = settings.retention.keepPreviousDays;
    if (now.getTime() - made.getTime() <= (kept + 1) * day) return [note(text, `kept for ${kept} days`)];
    return [warning(`${text}; it should be gone after ${kept} days [DBK-STATUS-18]`, drop)];
  });
}
