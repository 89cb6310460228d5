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

/**
 * The locks that the run's other sessions hold on these tables, and the sessions that wait in a queue whose first waits
 * for this session.
 */
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
 * Lets the dump overtake sessions that wait for a table that this session holds. They wait for this session. The dump
 * does not conflict with it, but waits behind them. PostgreSQL reorders a lock queue only if all wait in a circle: then
 * deadlock detection looks for an order in which no session has to be cancelled. So this session requests a catalogue
 * that every dump reads before it locks a table and that hardly any other session reads. It makes deadlock detection
 * run at once, and gives up after a moment. It never gets the catalogue while the dump lives. While this session holds
 * the table, no session can hold it against the dump, so such an order always exists.
 */
const letPass = (session: PsqlSession): Promise<unknown> =>
  session.attempt(
    "LOCK TABLE pg_catalog.pg_extension IN ACCESS EXCLUSIVE MODE",
    `${around[0]} SET LOCAL deadlock_timeout = '1ms'; SET LOCAL lock_timeout = '20ms';
SET LOCAL log_lock_waits = off; SET LOCAL log_min_messages = panic;`,
    around[1],
  );

/**
 * Waits until the dump holds the locks that this session holds already. If another session requests a table between the
 * two (TRUNCATE, a migration), it waits for this session, the dump waits behind it, and this session would wait for the
 * dump. A superuser's dump then overtakes it.
 * @returns the server processes that wait like this; none if the dump holds the locks, or has ended.
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
