import * as z from "zod/mini";
import { briefly } from "./content/briefly.ts";
import type { Content, Proof, TableContent } from "./content/content.ts";
import { readAll } from "./content/read-all.ts";
import { readTables } from "./content/read-tables.ts";
import { listSequences, type NamedSequence } from "./content/sequences.ts";
import { chunks, type Table } from "./content/tables.ts";
import { beginReading } from "./content/text-forms.ts";
import {
  changed,
  hold,
  parseRelations,
  type Relation,
  type Relations,
  relationsQuery,
} from "./held-relations.ts";
import type { QueryOptions } from "./psql.ts";
import { PsqlError, placeOf } from "./psql-error.ts";
import { PsqlSession } from "./psql-session.ts";
import { DatabaseProperties, propertiesQuery } from "./restore/properties.ts";
import type { DatabaseSettings } from "./settings.ts";

const DatabaseFacts = z.object({
  serverVersion: z.string(),
  serverVersionNumber: z.int(),
  databaseBytes: z.int(),
  /** Whether the user may read the roles' password hashes. */
  readsPasswords: z.boolean(),
  properties: DatabaseProperties,
});
export type SnapshotFacts = z.infer<typeof DatabaseFacts> & {
  /** What `pg_dump --snapshot` takes. */
  snapshot: string;
};

export interface Snapshot {
  facts: SnapshotFacts;
  /** By this machine's clock; what was committed later is not in it. */
  takenAt: Date;
  /** Without values: they belong to no snapshot. */
  sequences: readonly NamedSequence[];
  /** The session that holds it. */
  session: PsqlSession;
  /** The oids of the tables that a dump locks for certain; it may not lock an extension's own. */
  dumpedTables: readonly number[];
  /**
   * Reads what the snapshot sees; every table once. What is read is let go of: who waits for a table would otherwise be
   * in the way of reading it, and could have emptied it when the dump ends first.
   */
  readContent(proof: Proof): Promise<Content>;
  /** Ends the snapshot; a dump that uses it must have begun by then. */
  close(): Promise<void>;
}

const factsSql = (dbname: string): string => `
SELECT json_build_object(
  'serverVersion', current_setting('server_version'),
  'serverVersionNumber', current_setting('server_version_num')::int,
  'databaseBytes', pg_database_size(current_database()),
  'readsPasswords', has_table_privilege('pg_catalog.pg_authid', 'select'),
  'properties', (${propertiesQuery(dbname)}));`;

/** More tables than these are not locked before the snapshot, because such locks stay until its end. */
const few = 64;
/** Without a limit of its own, seconds for finding a moment in which nothing is being dropped. */
const usualWait = 60;

/**
 * Opens a read-only transaction, exports its snapshot and holds the weakest lock of what a dump will read, so that it
 * is there, and as the snapshot sees it, when the dump comes to lock it, and when it is read here. These are locks of
 * the same objects that the dump locks, so that the server's one lock table needs no more room for objects.
 * @param before what has to be done first, while psql connects already.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, InterruptedError, and what `before` throws
 */
export async function openSnapshot(
  database: DatabaseSettings,
  options: QueryOptions,
  before?: () => Promise<void>,
): Promise<Snapshot> {
  const session = new PsqlSession(database, options);
  try {
    await before?.();
    const until = performance.now() + (options.lockTimeoutSeconds ?? usualWait) * 1000;
    let known = parseRelations(await session.query(`SET search_path = ''; ${relationsQuery};`));
    for (;;) {
      const tried = await begin(session, known);
      if ("snapshot" in tried) return await describe(session, options.dbname ?? database.database, tried);
      if (performance.now() > until)
        throw tried.error ?? new PsqlError("query", placeOf(database, options), alwaysChanging, "55P03");
      await session.query("ROLLBACK;");
      known = tried.seen ?? parseRelations(await session.query(relationsQuery));
    }
  } catch (error) {
    await session.close();
    throw error;
  }
}

const alwaysChanging = "others change its tables all the time";

interface Begun {
  snapshot: string;
  takenAt: Date;
  relations: readonly Relation[];
  /** What is locked in savepoints, one inside the other. */
  groups: readonly (readonly Relation[])[];
}

/** Something was gone, or written anew, before it was locked. */
interface Missed {
  /** What the snapshot saw that cannot be used; null if it was not taken. */
  seen: Relations | null;
  error: PsqlError | null;
}

async function begin(session: PsqlSession, known: Relations): Promise<Begun | Missed> {
  await session.query(`${beginReading};`);
  // TRUNCATE respects no snapshot: best is a lock from before the snapshot, which the first query below takes.
  const knownTables = known.relations.filter(isTable);
  const locked = knownTables.length <= few ? knownTables : [];
  const gone = await hold(session, locked);
  if (gone !== null) return { seen: null, error: gone };
  const answer = await session.query(`SELECT pg_export_snapshot(); ${briefly(relationsQuery)}`);
  const takenAt = new Date();
  const cut = answer.indexOf("\n");
  const seen = parseRelations(answer.slice(cut + 1));
  const rest = unlocked(seen.relations, locked);
  // The dump takes no lock of these before it reads them, at its end.
  const sequences = rest.filter((relation) => !isTable(relation)).slice(0, few);
  const groups = chunks(rest.filter(isTable));
  const error = (await hold(session, sequences)) ?? (await holdGroups(session, groups));
  if (error !== null) return { seen, error };
  if ((await changed(session, [...sequences, ...groups.flat()])).length > 0) return { seen, error: null };
  return { snapshot: answer.slice(0, cut), takenAt, relations: seen.relations, groups };
}

const isTable = ({ kind }: Relation): boolean => kind !== "S";

async function holdGroups(session: PsqlSession, groups: Begun["groups"]): Promise<PsqlError | null> {
  for (const [index, group] of groups.entries()) {
    await session.query(`SAVEPOINT held_${index};`);
    const error = await hold(session, group);
    if (error !== null) return error;
  }
  return null;
}

/** Reads the tables, the last that were locked first, and lets go of them. */
async function readGroups(
  session: PsqlSession,
  groups: Begun["groups"],
  read: (some: readonly Table[]) => Promise<TableContent[]>,
  tables: readonly Table[],
): Promise<TableContent[]> {
  const contents = new Map<Table, TableContent>();
  const take = async (some: readonly Table[]) => {
    for (const [index, content] of (await read(some)).entries()) {
      const table = some[index];
      if (table !== undefined) contents.set(table, content);
    }
  };
  const grouped = new Map(groups.flatMap((group, index) => group.map(({ oid }) => [oid, index])));
  await take(tables.filter(({ oid }) => !grouped.has(oid)));
  for (const index of [...groups.keys()].reverse()) {
    await take(tables.filter(({ oid }) => grouped.get(oid) === index));
    await session.query(`ROLLBACK TO SAVEPOINT held_${index}; RELEASE SAVEPOINT held_${index};`);
  }
  return tables.flatMap((table) => contents.get(table) ?? []);
}

function unlocked(relations: readonly Relation[], locked: readonly Relation[]): Relation[] {
  const oids = new Set(locked.map(({ oid }) => oid));
  return relations.filter(({ oid }) => !oids.has(oid));
}

async function describe(session: PsqlSession, dbname: string, begun: Begun): Promise<Snapshot> {
  const { snapshot, takenAt, relations, groups } = begun;
  const sequences = await listSequences(session);
  const facts = { snapshot, ...(await session.queryJson(DatabaseFacts, briefly(factsSql(dbname)))) };
  return {
    facts,
    takenAt,
    sequences,
    session,
    dumpedTables: relations.flatMap(({ oid, kind, extension }) => (kind === "r" && !extension ? oid : [])),
    readContent: (proof) => {
      const read = (some: readonly Table[]) => readTables(session, some, proof);
      const readEach = (tables: readonly Table[]) => readGroups(session, groups, read, tables);
      return readAll(session, { proof, sequences: [], ...facts }, readEach);
    },
    close: () => session.close(),
  };
}
