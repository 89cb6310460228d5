import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { PsqlSession } from "./psql-session.ts";

/** Milliseconds. */
const lookPause = 50;

const Locks = z.object({ tables: z.int(), blocked: z.boolean() });

/** What the run's other sessions hold of these tables, and whether one waits behind others the first of
 * whom waits for this one. */
const locksQuery = (oids: readonly number[]): string => `
SELECT pg_stat_clear_snapshot() \\g /dev/null
WITH RECURSIVE others AS (
  SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name = current_setting('application_name')
), ahead AS (
  SELECT pid FROM others UNION SELECT blocker FROM ahead, unnest(pg_blocking_pids(pid)) AS blocker
)
SELECT json_build_object(
  'tables', (SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT relation) AS n FROM pg_locks JOIN others USING (pid)
    WHERE locktype = 'relation' AND granted AND relation = ANY ('{${oids.join(",")}}'::oid[]) GROUP BY pid) AS held),
  'blocked', EXISTS (SELECT FROM ahead WHERE pid = pg_backend_pid()));`;

/**
 * Waits until the dump holds the locks that this session holds already. If somebody asks for a table (TRUNCATE, a
 * migration) in the moment between the two, he waits for this session, the dump behind him, and this session would
 * wait for the dump.
 * @returns whether it holds them, or has ended; false when it never will.
 */
export async function dumpHoldsLocks(
  session: PsqlSession,
  oids: readonly number[],
  dump: Promise<unknown>,
): Promise<boolean> {
  let over = false;
  const end = () => {
    over = true;
  };
  dump.then(end, end);
  for (;;) {
    const { tables, blocked } = await session.queryJson(Locks, locksQuery(oids));
    if (over || tables === oids.length) return true;
    if (blocked) return false;
    await sleep(lookPause);
  }
}
