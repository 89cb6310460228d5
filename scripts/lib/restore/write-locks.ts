import * as z from "zod/mini";
import { chunks } from "../content/tables.ts";
import type { PsqlSession } from "../psql-session.ts";

/**
 * The tables of the session's database, catalogues included. Not temporary ones, which a dump leaves out, nor those
 * that all databases share. pg_dump opens pg_largeobject as somebody who writes: see `lockLargeObjects`.
 */
const tablesQuery = (catalogues: boolean): string => `
SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY c.oid), '[]')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relisshared AND c.relpersistence <> 't'
  AND (n.nspname = 'pg_catalog') = ${catalogues} AND c.oid <> 'pg_catalog.pg_largeobject'::regclass;`;

/**
 * Begins a transaction in which nobody else can write in the session's database: SHARE lets readers in, dumps too, and
 * makes whoever writes wait. The locks are of the tables that pg_dump locks as well, so that they need no more room in
 * the server's table of locks than it has. They end with the session, also when this program or the machine dies, and
 * with the server's own patience when nothing is heard from this program for `silenceSeconds`.
 * @throws PsqlError, DockerError
 */
export async function lockAgainstWriting(session: PsqlSession, silenceSeconds: number): Promise<void> {
  const lock = async (catalogues: boolean) => {
    const tables = await session.queryJson(z.array(z.string()), tablesQuery(catalogues));
    for (const some of chunks(tables)) {
      await session.query(`LOCK TABLE ${some.map((table) => `ONLY ${table}`).join(", ")} IN SHARE MODE`);
    }
  };
  await session.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '${silenceSeconds}s'`,
  );
  // From then on no table is made or dropped.
  await lock(true);
  await lock(false);
}

/** Nobody writes to a large object either from then on; only for when no dump is at work any more. */
export async function lockLargeObjects(session: PsqlSession): Promise<void> {
  await session.query("LOCK TABLE pg_catalog.pg_largeobject IN SHARE MODE");
}
