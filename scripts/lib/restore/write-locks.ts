import * as z from "zod/mini";
import type { TableContent } from "../../contract/content.ts";
import { readTables } from "../content/read-tables.ts";
import { mostLocked } from "../content/table-groups.ts";
import { chunks, listTables } from "../content/tables.ts";
import { readingSettings } from "../content/text-forms.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { changedTables } from "./changes.ts";

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
 * What tells whether a transaction of anybody on the server has written and ended since. One that still writes, and has
 * the newest id, is not in it: that is asked only once all tables are locked, for which such a one was waited.
 */
const writersQuery = "SELECT pg_catalog.pg_current_snapshot()";
/** No transaction at work before the one that has ended last. */
const nobodyWrites = /^(\d+):\1:$/;

/** Of the tables that are locked only when the dump is done. */
export interface Unlocked {
  tables: readonly string[];
  /** The answer to `writersQuery` before the dump. */
  writers: string;
}

/**
 * Begins a transaction in which nobody else can write in the session's database: SHARE lets readers in, dumps too, and
 * makes whoever writes wait. Of many tables only the catalogues are locked: `lockUnlocked` looks later whether somebody
 * has written. The locks end with the session, also when this program or the machine dies, and
 * with the server's own patience when nothing is heard from this program for `silenceSeconds`.
 * @returns the tables, if they are many, that can still be written to; none can be made, dropped or emptied.
 * @throws PsqlError, DockerError
 */
export async function lockAgainstWriting(session: PsqlSession, silenceSeconds: number): Promise<Unlocked> {
  await session.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '${silenceSeconds}s'`,
  );
  // From then on no table is made or dropped.
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
 * Locks what was left unlocked for a dump that is done, and looks whether somebody has written there: all is read again,
 * unless nobody has written to the whole server.
 * @param saved what the dump holds, with hashes.
 * @returns whether all is as the dump holds it.
 * @throws PsqlError, DockerError
 */
export async function lockUnlocked(
  session: PsqlSession,
  { tables, writers }: Unlocked,
  saved: readonly TableContent[],
): Promise<boolean> {
  if (tables.length === 0) return true;
  // First: whoever writes is waited for, and shows in what is asked then.
  await lock(session, tables);
  if (nobodyWrites.test(writers) && (await session.query(writersQuery)) === writers) return true;
  await session.query(readingSettings);
  return changedTables(saved, await readTables(session, await listTables(session), "full")).length === 0;
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
