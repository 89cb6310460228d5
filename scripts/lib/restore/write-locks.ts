import * as z from "zod/mini";
import type { TableContent } from "../../contract/content.ts";
import { readTables } from "../content/read-tables.ts";
import { mostLocked } from "../content/table-groups.ts";
import { chunks, listTables } from "../content/tables.ts";
import { readingSettings } from "../content/text-forms.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { changedTables } from "./changes.ts";

/**
 * A backup creates functions to evaluate materialized views and rolls them back. For that it must write to these
 * catalogues.
 */
const ofFunctions = ["pg_catalog.pg_proc", "pg_catalog.pg_namespace", "pg_catalog.pg_depend"];

/** Tables that a backup opens with a writer's lock. pg_dump does that with large objects. */
const openedByBackups = ["pg_catalog.pg_largeobject", ...ofFunctions];

/**
 * The tables of the session's database, catalogues included. Left out: temporary tables, which a dump leaves out too,
 * shared tables, and tables for which a backup would wait (see `lockRest`).
 */
const tablesQuery = (catalogues: boolean): string => `
SELECT ${jsonList(`format('%I.%I', n.nspname, c.relname) ORDER BY c.oid`)}
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relisshared AND c.relpersistence <> 't'
  AND (n.nspname = 'pg_catalog') = ${catalogues} AND c.oid <> ALL ('{${openedByBackups.join(",")}}'::regclass[]);`;

/**
 * Shows whether any transaction on the server has written and ended since. A transaction that still writes and has the
 * newest id is not in it. The query runs only when all tables are locked, so such a transaction has ended.
 */
const writersQuery = "SELECT pg_catalog.pg_current_snapshot()";
/** No running transaction is older than the one that ended last. */
const nobodyWrites = /^(\d+):\1:$/;

/** The tables that are locked only after the dump. */
export interface Unlocked {
  tables: readonly string[];
  /** The answer to `writersQuery` before the dump. */
  writers: string;
}

/**
 * Begins a transaction during which no other session can write in the session's database: SHARE locks admit readers,
 * dumps too, and make writers wait. If there are many tables, only the catalogues are locked, and `lockUnlocked`
 * detects writes later. The locks end with the session, also if this program or the machine dies, and by the server's
 * time-out after `silenceSeconds` without a sign of life from this program.
 * @returns the tables, if there are many, that can still be written to. No table can be created, dropped or truncated.
 * @throws PsqlError, DockerError
 */
export async function lockAgainstWriting(session: PsqlSession, silenceSeconds: number): Promise<Unlocked> {
  await session.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '${silenceSeconds}s'`,
  );
  // From here on no table can be created or dropped.
  await lock(session, await listed(session, true));
  const tables = await listed(session, false);
  const writers = await session.query(writersQuery);
  if (tables.length > mostLocked) return { tables, writers };
  await lock(session, tables);
  return { tables: [], writers };
}

const listed = (session: PsqlSession, catalogues: boolean) =>
  session.queryJson(z.array(z.string()), tablesQuery(catalogues));

async function lock(session: PsqlSession, tables: readonly string[]): Promise<void> {
  for (const some of chunks(tables)) {
    await session.query(`LOCK TABLE ${some.map((table) => `ONLY ${table}`).join(", ")} IN SHARE MODE`);
  }
}

/**
 * Locks the remaining tables after the dump, and checks for writes to them. All is read again, unless no transaction
 * has written on the whole server.
 * @param saved the content of the dump, with hashes.
 * @returns whether all tables equal the dump.
 * @throws PsqlError, DockerError
 */
export async function lockUnlocked(
  session: PsqlSession,
  { tables, writers }: Unlocked,
  saved: readonly TableContent[],
): Promise<boolean> {
  if (tables.length === 0) return true;
  // The lock comes first: it waits for writers, so the query after it sees them.
  await lock(session, tables);
  if (nobodyWrites.test(writers) && (await session.query(writersQuery)) === writers) return true;
  await session.query(readingSettings);
  return changedTables(saved, await readTables(session, await listTables(session), "full")).length === 0;
}

/**
 * From here on no session can write to a large object, a function or a schema either. Call it only when no backup runs
 * any more. pg_depend stays unlocked: a session that ends and drops temporary tables holds it and waits for this
 * session.
 */
export async function lockRest(session: PsqlSession): Promise<void> {
  await session.query(
    "LOCK TABLE pg_catalog.pg_largeobject, pg_catalog.pg_proc, pg_catalog.pg_namespace IN SHARE MODE",
  );
}

/** The content that differs after a write to a catalogue that is not locked during a backup. */
export async function functionsState(session: PsqlSession): Promise<string> {
  const states = ofFunctions.map(
    (table) =>
      `(SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(ctid::text || xmin::text, 0)), 0) FROM ${table})`,
  );
  return session.query(`SELECT pg_catalog.concat_ws(' ', ${states.join(", ")})`);
}
