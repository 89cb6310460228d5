import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { around } from "../content/briefly.ts";
import type { PsqlSession } from "../postgres/session.ts";

/** Milliseconds. */
const shortestPause = 5;
const longestPause = 50;

const Locks = z.object({
  tables: z.int(),
  blocked: z.array(z.int()),
  /** Whether `letPass` helps. */
  passable: z.boolean(),
});

/** What the run's other sessions hold of these tables, and which wait behind others the first of whom waits for
 * this one. */
const locksQuery = (oids: readonly number[]): string => `
SELECT pg_stat_clear_snapshot() \\g /dev/null
WITH RECURSIVE others AS (
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name = current_setting('application_name')
), ahead AS (
  SELECT pid AS waiting, pid FROM others
  UNION SELECT waiting, blocker FROM ahead, unnest(pg_blocking_pids(ahead.pid)) AS blocker
), blocked AS (
  SELECT DISTINCT waiting FROM ahead WHERE pid = pg_backend_pid()
)
SELECT json_build_object(
  'tables', (SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT relation) AS n FROM pg_locks JOIN others USING (pid)
    WHERE locktype = 'relation' AND granted AND relation = ANY ('{${oids.join(",")}}'::oid[]) GROUP BY pid) AS held),
  'blocked', (SELECT coalesce(json_agg(waiting), '[]') FROM blocked),
  'passable', current_setting('is_superuser') = 'on' AND EXISTS (SELECT FROM blocked)
    AND NOT EXISTS (SELECT waiting FROM blocked EXCEPT
      SELECT pid FROM pg_locks WHERE granted AND relation = 'pg_catalog.pg_extension'::regclass)
    AND NOT EXISTS (SELECT FROM pg_locks w JOIN blocked ON pid = waiting WHERE NOT granted AND NOT EXISTS (
      SELECT FROM pg_locks m WHERE m.pid = pg_backend_pid() AND m.granted AND m.relation = w.relation)));`;

/**
 * Lets the dump pass those who ask for a table that this session holds: they wait for this session, and the dump, which
 * does not, waits behind them. PostgreSQL lets nobody pass, unless all wait in a circle: then it looks for another order
 * in which nobody has to be cancelled. So this session asks for a catalogue that every dump reads before it locks a table
 * and that hardly anybody else reads, looks at once whether that makes a circle, and gives up after a moment. It is never
 * given the catalogue while the dump lives. Nobody holds the table against the dump as long as this session has it, so
 * that there is always another order.
 */
const letPass = (session: PsqlSession): Promise<unknown> =>
  session.attempt(
    "LOCK TABLE pg_catalog.pg_extension IN ACCESS EXCLUSIVE MODE",
    `${around[0]} SET LOCAL deadlock_timeout = '1ms'; SET LOCAL lock_timeout = '20ms';
SET LOCAL log_lock_waits = off; SET LOCAL log_min_messages = panic;`,
    around[1],
  );

/**
 * Waits until the dump holds the locks that this session holds already. If somebody asks for a table (TRUNCATE, a
 * migration) in the moment between the two, he waits for this session, the dump behind him, and this session would
 * wait for the dump. A superuser's dump then passes him.
 * @returns the server processes that wait like this; none when the dump holds the locks, or has ended.
 */
export async function dumpHoldsLocks(
  session: PsqlSession,
  oids: readonly number[],
  dump: Promise<unknown>,
): Promise<readonly number[]> {
  let over = false;
  const end = () => {
    over = true;
  };
  dump.then(end, end);
  for (let pause = shortestPause; ; pause = Math.min(2 * pause, longestPause)) {
    const { tables, blocked, passable } = await session.queryJson(Locks, locksQuery(oids));
    if (over || tables === oids.length) return [];
    if (passable) {
      await letPass(session);
      pause = shortestPause;
    } else if (blocked.length > 0) return blocked;
    else await sleep(pause);
  }
}
