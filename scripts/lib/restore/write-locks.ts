import * as z from "zod/mini";
import { chunks } from "../content/tables.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";

/** A backup makes functions that it rolls back, to evaluate materialized views, and has to open these for that. */
const ofFunctions = ["pg_catalog.pg_proc", "pg_catalog.pg_namespace", "pg_catalog.pg_depend"];

/** What a backup opens as somebody who writes; pg_dump does that with large objects. */
const openedByBackups = ["pg_catalog.pg_largeobject", ...ofFunctions];

/**
 * The tables of the session's database, catalogues included. Not temporary ones, which a dump leaves out, nor those
 * that all databases share, nor those that a backup would wait for: see `lockRest`.
 */
const tablesQuery = (catalogues: boolean): string => `
SELECT ${jsonList(`format('%I.%I', n.nspname, c.relname) ORDER BY c.oid`)}
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relisshared AND c.relpersistence <> 't'
  AND (n.nspname = 'pg_catalog') = ${catalogues} AND c.oid <> ALL ('{${openedByBackups.join(",")}}'::regclass[]);`;

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

/**
 * Nobody writes to a large object, a function or a schema either from then on; only for when no backup is at work any
 * more. Whoever ends and drops temporary tables holds pg_depend and waits for this session: that one stays.
 */
export async function lockRest(session: PsqlSession): Promise<void> {
  await session.query(
    "LOCK TABLE pg_catalog.pg_largeobject, pg_catalog.pg_proc, pg_catalog.pg_namespace IN SHARE MODE",
  );
}

/** What differs once somebody has written to a catalogue that is not locked during a backup. */
export async function functionsState(session: PsqlSession): Promise<string> {
  const states = ofFunctions.map(
    (table) =>
      `(SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(ctid::text || xmin::text, 0)), 0) FROM ${table})`,
  );
  return session.query(`SELECT pg_catalog.concat_ws(' ', ${states.join(", ")})`);
}
