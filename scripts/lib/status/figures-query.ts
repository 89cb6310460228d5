import * as z from "zod/mini";
import type { PostgresFigures } from "./observation.ts";

/** The only query of a status check to a database: every figure in one JSON document (PostgreSQL 12 and later). */
export const figuresQuery = `
SELECT CASE WHEN current_setting('server_version_num')::int >= 150000
  THEN 'pg_database_collation_actual_version(oid)' ELSE 'NULL' END AS actual_version \\gset
WITH session AS (
  SELECT pid, usename, state, application_name, query_start, state_change
  FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
), longest AS (
  SELECT DISTINCT ON (state) state, pid, usename,
    extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start ELSE state_change END) AS seconds
  FROM session
  WHERE state IN ('active', 'idle in transaction', 'idle in transaction (aborted)')
    AND application_name NOT LIKE 'database-backups/%'
  ORDER BY state, seconds DESC
), rows AS (
  SELECT coalesce(sum(n_live_tup), 0) AS live, coalesce(sum(n_dead_tup), 0) AS dead,
    max(greatest(last_vacuum, last_autovacuum)) AS vacuum, max(greatest(last_analyze, last_autoanalyze)) AS analyse
  FROM pg_stat_user_tables
)
SELECT json_build_object(
  'serverVersion', current_setting('server_version'),
  'dataDirectory', CASE WHEN pg_has_role('pg_read_all_settings', 'MEMBER')
    THEN current_setting('data_directory') END,
  'databaseBytes', pg_database_size(current_database()),
  'connections', json_build_object(
    'used', (SELECT count(*) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
    'maximum', current_setting('max_connections')::int),
  'commits', statistics.xact_commit,
  'rollbacks', statistics.xact_rollback,
  'deadlocks', statistics.deadlocks,
  'blocksHit', statistics.blks_hit,
  'blocksRead', statistics.blks_read,
  'statisticsSince', statistics.stats_reset,
  'liveRows', rows.live,
  'deadRows', rows.dead,
  'lastVacuum', rows.vacuum,
  'lastAnalyse', rows.analyse,
  'transactionAge', (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()),
  'collation', (SELECT json_build_object('recorded', to_jsonb(d) ->> 'datcollversion', 'actual', :actual_version)
    FROM pg_database AS d WHERE datname = current_database()),
  'longestQuery', (SELECT json_build_object('pid', pid, 'user', usename, 'seconds', seconds)
    FROM longest WHERE state = 'active'),
  'longestIdleInTransaction', (SELECT json_build_object('pid', pid, 'user', usename, 'seconds', seconds)
    FROM longest WHERE state <> 'active' ORDER BY seconds DESC LIMIT 1),
  'applications', (SELECT coalesce(json_agg(DISTINCT application_name), '[]') FROM session
    WHERE application_name LIKE 'database-backups/%'),
  'databases', (SELECT json_agg(json_build_object('name', datname, 'bytes',
      CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END) ORDER BY datname)
    FROM pg_database WHERE datname ~ '_(restoring|previous|rehearsal)_')
)
FROM pg_stat_database AS statistics, rows
WHERE statistics.datname = current_database();
`;

const count = z.int().check(z.nonnegative());
const time = z.nullable(
  z.pipe(
    z.string(),
    z.transform((text) => new Date(text)),
  ),
);
const session = z.nullable(z.object({ pid: z.int(), user: z.nullable(z.string()), seconds: z.number() }));

const Answer = z.object({
  serverVersion: z.string(),
  dataDirectory: z.nullable(z.string()),
  databaseBytes: count,
  connections: z.object({ used: count, maximum: count }),
  commits: count,
  rollbacks: count,
  deadlocks: count,
  blocksHit: count,
  blocksRead: count,
  statisticsSince: time,
  liveRows: count,
  deadRows: count,
  lastVacuum: time,
  lastAnalyse: time,
  transactionAge: z.int(),
  collation: z.object({ recorded: z.nullable(z.string()), actual: z.nullable(z.string()) }),
  longestQuery: session,
  longestIdleInTransaction: session,
  applications: z.array(z.string()),
  databases: z.nullable(z.array(z.object({ name: z.string(), bytes: z.nullable(count) }))),
});

/** @throws SyntaxError or ZodError if it is no answer to the query. */
export function readFigures(answer: string, ownRunId: string): PostgresFigures {
  const { applications, databases, ...figures } = z.parse(Answer, JSON.parse(answer));
  const runs = applications.map((name) => name.slice("database-backups/".length));
  return { ...figures, databases: databases ?? [], runs: runs.filter((run) => run !== ownRunId) };
}
