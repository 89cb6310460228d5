import * as z from "zod/mini";
import { briefly } from "./content/briefly.ts";
import type { Content, Proof } from "./content/content.ts";
import { readAll } from "./content/read-all.ts";
import { listSequences, type NamedSequence } from "./content/sequences.ts";
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
   * Lets go of the tables' locks, once the dump has its own or has ended.
   * @returns the oids of what others have dropped or written anew meanwhile: the dump is not the snapshot's then.
   */
  letGo(): Promise<number[]>;
  /** Reads what the snapshot sees; every table once. */
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
/** So many locks more than the dump takes in the end may be held until it has its own. */
const spareLocks = 100;
/** From this version on pg_dump keeps no locks of sequences. */
const sequencesUnlocked = 180_000;
/** Without a limit of its own, seconds for finding a moment in which nothing is being dropped. */
const usualWait = 60;

export interface SnapshotOptions extends QueryOptions {
  /** What has to be done first, while psql connects already. */
  before?: (() => Promise<void>) | undefined;
  /** Tables that others were in the way of before: they are locked first. */
  first?: ReadonlySet<number>;
}

/**
 * Opens a read-only transaction, exports its snapshot and holds the weakest lock of what a dump will read, so that it
 * is there, and as the snapshot sees it, when the dump comes to lock it. The lock table is one for the whole server:
 * of so many tables that this and the dump together would need more locks than a dump alone, the rest is looked at by
 * `letGo` instead.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, InterruptedError, and what `before` throws
 */
export async function openSnapshot(database: DatabaseSettings, options: SnapshotOptions): Promise<Snapshot> {
  const session = new PsqlSession(database, options);
  try {
    await options.before?.();
    const until = performance.now() + (options.lockTimeoutSeconds ?? usualWait) * 1000;
    let known = parseRelations(await session.query(`SET search_path = ''; ${relationsQuery};`));
    for (;;) {
      const tried = await begin(session, known, options.first ?? new Set());
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
  /** Whether a savepoint keeps locks. */
  holding: boolean;
  /** Those that may not be the snapshot's when the dump locks them. */
  unheld: readonly Relation[];
}

/** Something was gone, or written anew, before it was locked. */
interface Missed {
  /** What the snapshot saw that cannot be used; null if it was not taken. */
  seen: Relations | null;
  error: PsqlError | null;
}

async function begin(
  session: PsqlSession,
  known: Relations,
  first: ReadonlySet<number>,
): Promise<Begun | Missed> {
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
  const tables = inOrder(rest.filter(isTable), first);
  const dumpKeeps = seen.serverVersionNumber < sequencesUnlocked ? seen.sequences : 0;
  const held = tables.slice(0, dumpKeeps + spareLocks);
  const error = (await hold(session, sequences)) ?? (await holdForNow(session, held));
  if (error !== null) return { seen, error };
  if ((await changed(session, [...sequences, ...held])).length > 0) return { seen, error: null };
  const snapshot = answer.slice(0, cut);
  const unheld = tables.slice(held.length);
  return { snapshot, takenAt, relations: seen.relations, holding: held.length > 0, unheld };
}

const isTable = ({ kind }: Relation): boolean => kind !== "S";

/** In a savepoint, so that the locks can be let go of. */
async function holdForNow(session: PsqlSession, tables: readonly Relation[]): Promise<PsqlError | null> {
  if (tables.length === 0) return null;
  await session.query("SAVEPOINT held;");
  return hold(session, tables);
}

function unlocked(relations: readonly Relation[], locked: readonly Relation[]): Relation[] {
  const oids = new Set(locked.map(({ oid }) => oid));
  return relations.filter(({ oid }) => !oids.has(oid));
}

const inOrder = (tables: readonly Relation[], first: ReadonlySet<number>): Relation[] => [
  ...tables.filter(({ oid }) => first.has(oid)),
  ...tables.filter(({ oid }) => !first.has(oid)),
];

async function describe(session: PsqlSession, dbname: string, begun: Begun): Promise<Snapshot> {
  const { snapshot, takenAt, relations, holding, unheld } = begun;
  const sequences = await listSequences(session);
  const facts = { snapshot, ...(await session.queryJson(DatabaseFacts, briefly(factsSql(dbname)))) };
  return {
    facts,
    takenAt,
    sequences,
    session,
    dumpedTables: relations.flatMap(({ oid, kind, extension }) => (kind === "r" && !extension ? oid : [])),
    letGo: async () => {
      const lost = await changed(session, unheld);
      if (holding) await session.query("ROLLBACK TO SAVEPOINT held; RELEASE SAVEPOINT held;");
      return lost;
    },
    readContent: (proof) => readAll(session, { proof, sequences: [], ...facts }),
    close: () => session.close(),
  };
}
