import * as z from "zod/mini";
import { type Content, hashing, type Proof } from "./content/content.ts";
import { readLargeObjects } from "./content/large-objects.ts";
import { readObjects } from "./content/objects.ts";
import { readRoleFacts } from "./content/roles.ts";
import { type DumpedSequence, readSequences } from "./content/sequences.ts";
import { chunks, listTables, qualified, readTables, type Table } from "./content/tables.ts";
import { fixTextForms } from "./content/text-forms.ts";
import type { QueryOptions } from "./psql.ts";
import { PsqlError } from "./psql-error.ts";
import { PsqlSession } from "./psql-session.ts";
import { DatabaseProperties, propertiesQuery } from "./restore/properties.ts";
import type { DatabaseSettings } from "./settings.ts";

const SnapshotFacts = z.object({
  /** What `pg_dump --snapshot` takes. */
  snapshot: z.string(),
  serverVersion: z.string(),
  serverVersionNumber: z.int(),
  databaseBytes: z.int(),
  /** Whether the user may read the roles' password hashes. */
  readsPasswords: z.boolean(),
  properties: DatabaseProperties,
});
export type SnapshotFacts = z.infer<typeof SnapshotFacts>;

export interface Snapshot {
  facts: SnapshotFacts;
  /** By this machine's clock; what was committed later is not in it. */
  takenAt: Date;
  /** Of the moment when the snapshot was opened: they belong to none. */
  sequences: readonly DumpedSequence[];
  /** The session that holds it. */
  session: PsqlSession;
  /** The oids of the tables that it has locked; not the extensions' own, which are locked when they are read. */
  lockedTables: readonly number[];
  /** Reads what the snapshot sees; every table once. */
  readContent(proof: Proof): Promise<Content>;
  /** Ends the snapshot; a dump that uses it must have begun by then. */
  close(): Promise<void>;
}

const factsSql = (dbname: string): string => `
SELECT json_build_object(
  'snapshot', pg_export_snapshot(),
  'serverVersion', current_setting('server_version'),
  'serverVersionNumber', current_setting('server_version_num')::int,
  'databaseBytes', pg_database_size(current_database()),
  'readsPasswords', has_table_privilege('pg_catalog.pg_authid', 'select'),
  'properties', (${propertiesQuery(dbname)}));`;

/** The application needs the other processors, and the dump one. */
const oneProcess = "SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off";

/** How often tables may be made and dropped between the look at them and their locks. */
const attempts = 5;

/**
 * Opens a read-only transaction, exports its snapshot and holds every table's weakest lock, so that what is counted
 * is what is dumped.
 * @param before what has to be done first, while psql connects already.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, InterruptedError, and what `before` throws
 */
export async function openSnapshot(
  database: DatabaseSettings,
  options: QueryOptions,
  before?: () => Promise<void>,
): Promise<Snapshot> {
  for (let attempt = 1; ; attempt += 1) {
    const session = new PsqlSession(database, options);
    try {
      if (attempt === 1) await before?.();
      const snapshot = await beginSnapshot(
        session,
        options.dbname ?? database.database,
        attempt === attempts,
      );
      if (snapshot !== null) return snapshot;
      await session.close();
    } catch (error) {
      await session.close();
      if (attempt === attempts || !isGone(error)) throw error;
    }
  }
}

/** A table or sequence that was looked up was dropped before it could be locked. */
const isGone = (error: unknown): boolean =>
  error instanceof PsqlError && ["42P01", "3F000"].includes(error.sqlState ?? "");

/** @returns null when a table has come that is not locked, unless that is `accepted`. */
async function beginSnapshot(
  session: PsqlSession,
  dbname: string,
  accepted: boolean,
): Promise<Snapshot | null> {
  // TRUNCATE respects no snapshot: a table must be locked before the snapshot is taken, by the first query below.
  await session.query("SET search_path = '';");
  const known = await listTables(session);
  await session.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off; ${oneProcess}; ${fixTextForms};`,
  );
  await lockTables(session, known);
  const tables = await listTables(session);
  const takenAt = new Date();
  const locked = new Set(known.map(qualified));
  const unlocked = tables.filter((table) => !locked.has(qualified(table)));
  if (unlocked.length > 0) {
    if (!accepted) return null;
    await lockTables(session, unlocked);
  }
  const sequences = await readSequences(session);
  const facts = await session.queryJson(SnapshotFacts, factsSql(dbname));
  return {
    facts,
    takenAt,
    sequences,
    session,
    lockedTables: tables.flatMap(({ oid, extension }) => (extension === null ? oid : [])),
    readContent: (proof) => readAll(session, { tables, sequences, proof, facts }),
    close: () => session.close(),
  };
}

async function lockTables(session: PsqlSession, tables: readonly Table[]): Promise<void> {
  for (const some of chunks(tables)) {
    const names = some.map((table) => `ONLY ${qualified(table)}`).join(", ");
    await session.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE;`);
  }
}

const Extensions = z.array(z.object({ name: z.string(), version: z.string() }));
const extensionsQuery = `
SELECT coalesce(json_agg(json_build_object('name', extname, 'version', extversion) ORDER BY extname COLLATE "C"), '[]')
FROM pg_extension;`;

async function readAll(
  session: PsqlSession,
  known: {
    tables: readonly Table[];
    sequences: readonly DumpedSequence[];
    proof: Proof;
    facts: SnapshotFacts;
  },
): Promise<Content> {
  const { proof } = known;
  return {
    proof,
    hashing,
    serverVersionNumber: known.facts.serverVersionNumber,
    tables: await readTables(session, known.tables, proof),
    sequences: known.sequences.map(({ schema, name, lastValue, isCalled }) => ({
      schema,
      name,
      lastValue,
      isCalled,
    })),
    largeObjects: await readLargeObjects(session, proof),
    extensions: await session.queryJson(Extensions, extensionsQuery),
    objects: await readObjects(session),
    roles: await readRoleFacts(session),
  };
}
