import * as z from "zod/mini";
import { messageOf } from "../base/errors.ts";
import { silencing } from "../postgres/event-triggers.ts";
import { jsonList } from "../postgres/json-list.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { literal } from "../postgres/sql.ts";
import { connectingLimits, endWaiting } from "./other-servers.ts";
import type { RestoreRun } from "./run.ts";

/**
 * A common table expression: tables with a part in another server. To analyse them queries that server, which may not
 * answer.
 */
const reachingElsewhere = `reaching AS (WITH RECURSIVE above AS (
    SELECT inhparent AS oid FROM pg_catalog.pg_inherits JOIN pg_catalog.pg_class c ON c.oid = inhrelid WHERE c.relkind = 'f'
    UNION SELECT inhparent FROM pg_catalog.pg_inherits JOIN above ON inhrelid = above.oid)
  SELECT oid FROM above)`;

const named = `SELECT format('%I.%I', nspname, relname) AS name FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace`;

/**
 * Analyses one table after the other, each in its own transaction, so one failure does not affect the others. Returns
 * the failed tables with reasons. Functions of indexes may need the database's own search_path, in which operators must
 * not be looked up; an error restores the empty one.
 */
const oneByOne = `DO $do$
DECLARE
  tables text[] := (WITH ${reachingElsewhere} SELECT array_agg(name) FROM (${named}
    WHERE relkind IN ('r', 'm', 'p') AND relpersistence <> 't' AND nspname <> 'information_schema'
    AND c.oid NOT IN (SELECT oid FROM reaching)) AS t);
  one text;
  command text;
  failed jsonb := '[]';
BEGIN
  FOREACH one IN ARRAY coalesce(tables, '{}') LOOP
    BEGIN
      command := 'ANALYZE ' || one;
      EXECUTE 'RESET search_path';
      EXECUTE command;
      SET search_path = '';
    EXCEPTION WHEN OTHERS THEN
      failed := failed || jsonb_build_object('table', one, 'reason', SQLERRM);
    END;
    COMMIT;
  END LOOP;
  PERFORM pg_catalog.set_config('database_backups.not_analysed', failed::text, false);
END $do$;
SELECT pg_catalog.current_setting('database_backups.not_analysed');`;

const NotAnalysed = z.array(z.object({ table: z.string(), reason: z.string() }));
type NotAnalysed = z.infer<typeof NotAnalysed>;

const reaching = `WITH ${reachingElsewhere} SELECT ${jsonList(`name`)} FROM (${named}
  WHERE c.oid IN (SELECT oid FROM reaching)) AS t`;

/** Analyses all tables at once if none has a part in another server; reports whether it did. */
const allAtOnce = `WITH ${reachingElsewhere} SELECT NOT EXISTS (SELECT FROM reaching) AS alone \\gset
\\if :alone
RESET search_path;
ANALYZE;
SELECT 'done';
\\endif`;

/**
 * Analyses a table with a part in another server. That server is tried first, with a connection time-out, in a
 * transaction that is rolled back.
 */
const analyse = (table: string): string => `${connectingLimits}${silencing}BEGIN;
:silence
:limit
WITH RECURSIVE below AS (SELECT ${literal(table)}::regclass::oid AS oid
  UNION SELECT inhrelid FROM pg_catalog.pg_inherits JOIN below ON inhparent = below.oid)
SELECT format('SELECT FROM %s LIMIT 1', ftrelid::regclass) FROM pg_catalog.pg_foreign_table
  JOIN below ON below.oid = ftrelid
  JOIN pg_catalog.pg_foreign_server s ON s.oid = ftserver
  JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = srvfdw
  WHERE fdwname = 'postgres_fdw' \\gexec
ROLLBACK;
RESET search_path;
ANALYZE ${table};`;

/** How long another server may take for one table. */
const otherServerSeconds = 20;

/**
 * Gathers the planner's statistics of a restored database. A table that fails is logged as a warning; its rows are
 * restored.
 * @param inside queries that database.
 * @param after must end before event triggers are altered: if two sessions do that at once, one fails.
 * @throws PsqlError when the connection is lost, DockerError, InterruptedError
 */
export async function gatherStatistics(
  run: RestoreRun,
  inside: Server,
  after: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  if (await isDoneAtOnce(inside)) return;
  const failed = await inside.queryJson(NotAnalysed, oneByOne);
  const tables = await inside.queryJson(z.array(z.string()), reaching);
  if (tables.length > 0) await after;
  for (const table of tables) {
    const reason = await analyseElsewhere(run, table, inside);
    if (reason !== null) failed.push({ table, reason });
  }
  warn(run, failed);
}

async function isDoneAtOnce(inside: Server): Promise<boolean> {
  try {
    return (await inside.query(allAtOnce)) === "done";
  } catch (error) {
    if (error instanceof PsqlError && error.kind === "query") return false;
    throw error;
  }
}

/** @returns why it could not be done; null when it was. */
async function analyseElsewhere(run: RestoreRun, table: string, inside: Server): Promise<string | null> {
  try {
    await inside.within(otherServerSeconds).query(analyse(table));
    return null;
  } catch (error) {
    run.signal.throwIfAborted();
    inside.signal?.throwIfAborted();
    await endWaiting(inside, "ANALYZE|SELECT FROM");
    return messageOf(error);
  }
}

const mostNamed = 10;

function warn({ database, log }: RestoreRun, failed: NotAnalysed): void {
  if (failed.length === 0) return;
  const named = failed.slice(0, mostNamed).map(({ table, reason }) => `${table} (${reason})`);
  const more = failed.length > mostNamed ? ` and ${failed.length - mostNamed} more` : "";
  log.event(
    "warning",
    database.name,
    `could not gather the planner's statistics of ${named.join(", ")}${more}; their rows are restored; ANALYZE them later [DBK-RESTORE-12]`,
  );
}
