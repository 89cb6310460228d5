import * as z from "zod/mini";
import type { Content, Proof } from "../../contract/content.ts";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import { propertiesQuery } from "../postgres/properties.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";
import { changed, hold, parseRelations, type Relation, relationsQuery } from "./held-relations.ts";
import { rowsMayMove } from "./partition-roots.ts";
import { readAll } from "./read-all.ts";
import { readTables } from "./read-tables.ts";
import { listSequences, type NamedSequence } from "./sequences.ts";
import { groupTables, readGroups, type TableGroups } from "./table-groups.ts";
import type { Table } from "./tables.ts";
import { beginReading } from "./text-forms.ts";

const DatabaseFacts = z.object({
  serverVersion: z.string(),
  serverVersionNumber: z.int(),
  databaseBytes: z.int(),
  /** Whether the user may read the roles' password hashes. */
  readsPasswords: z.boolean(),
  properties: DatabaseProperties,
});
export type DatabaseFacts = z.infer<typeof DatabaseFacts>;
export type SnapshotFacts = DatabaseFacts & {
  /** The value for `pg_dump --snapshot`. */
  snapshot: string;
};

export interface Snapshot {
  facts: SnapshotFacts;
  /** By this machine's clock. Later commits are not in it. */
  takenAt: Date;
  /** See rowsMayMove. */
  viaPartitionRoot: boolean;
  /** The session that holds it. */
  session: PsqlSession;
  /** The oids of the tables that a dump locks for certain; it may not lock an extension's own. */
  dumpedTables: readonly number[];
  /**
   * Reads the content of the snapshot; every table once. Tables are unlocked after reading. Otherwise a session that
   * waits for a table would block reading it, and could have emptied it if the dump ends first.
   * @throws Overtaken if another session changed a table that this session has not locked, or waits for it.
   */
  readContent(proof: Proof): Promise<Content>;
  /** Without values: they belong to no snapshot. */
  listSequences(): Promise<readonly NamedSequence[]>;
  /** Ends the snapshot. A dump that uses it must have begun by then. */
  close(): Promise<void>;
}

const factsSql = (dbname: string): string => `
SELECT json_build_object(
  'serverVersion', current_setting('server_version'),
  'serverVersionNumber', current_setting('server_version_num')::int,
  'databaseBytes', pg_database_size(current_database()),
  'readsPasswords', has_table_privilege('pg_catalog.pg_authid', 'select'),
  'properties', (${propertiesQuery(dbname)}));`;

/** With more tables than this, they are not locked before the snapshot, because such locks stay until its end. */
const few = 64;
/** The default time, in seconds, to find a moment in which nothing is being dropped. */
const usualWait = 60;

/**
 * Takes snapshots, one after the other, in one session: opens a read-only transaction, exports its snapshot and takes
 * the weakest lock on the relations that a dump will read. So they still exist, as the snapshot sees them, when the
 * dump locks them and when they are read here. If there are many tables, most are locked only by the dump: then each is
 * compared with the snapshot when it is read.
 * @throws from every method: PsqlError, DockerError, InterruptedError
 */
export class SnapshotSession {
  readonly #server: Server;
  readonly #session: PsqlSession;
  #facts: DatabaseFacts | null = null;
  readonly #first: ReadonlySet<number>;
  #until: number | null = null;

  /**
   * Connects.
   * @param first oids of tables that it locks itself, however many tables there are.
   */
  constructor(server: Server, first: ReadonlySet<number> = new Set()) {
    this.#first = first;
    this.#server = server;
    this.#session = new PsqlSession(server);
  }

  /** The facts that need no snapshot. */
  async facts(): Promise<DatabaseFacts> {
    this.#facts ??= await this.#session.queryJson(DatabaseFacts, factsSql(this.#server.dbname));
    return this.#facts;
  }

  /** @throws PsqlError also (sqlState 55P03) if a table stayed locked, or no moment without drops was found. */
  async take(): Promise<Snapshot> {
    const session = this.#session;
    const facts = await this.facts();
    this.#until ??= performance.now() + (this.#server.lockSeconds ?? usualWait) * 1000;
    let known = parseRelations(await session.query(relationsQuery));
    for (;;) {
      const tried = await begin(session, known, this.#first);
      if ("snapshot" in tried) return describe(session, facts, tried);
      if (this.#isLate)
        throw (
          tried.error ??
          new PsqlError(
            "query",
            this.#place,
            "its tables are changed all the time; run it again later",
            "55P03",
          )
        );
      known = parseRelations(await session.query(`ROLLBACK; ${relationsQuery}`));
    }
  }

  /**
   * Releases a snapshot, and terminates the server processes that wait for its locks, so that another one can be taken.
   */
  async letGo(waiting: readonly number[]): Promise<void> {
    await this.#session.query(`ROLLBACK;
SELECT pg_terminate_backend(pid) FROM unnest('{${waiting.join(",")}}'::int[]) AS pid \\g /dev/null
`);
    if (this.#isLate)
      throw new PsqlError(
        "query",
        this.#place,
        "others always lock a table first; run it again later",
        "55P03",
      );
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  get #isLate(): boolean {
    return this.#until !== null && performance.now() > this.#until;
  }

  get #place(): string {
    return this.#server.place;
  }
}

interface Begun {
  snapshot: string;
  viaPartitionRoot: boolean;
  takenAt: Date;
  relations: readonly Relation[];
  groups: TableGroups;
}

/** A relation was dropped or rewritten before it was locked. */
interface Missed {
  error: PsqlError | null;
}

async function begin(
  session: PsqlSession,
  known: readonly Relation[],
  first: ReadonlySet<number>,
): Promise<Begun | Missed> {
  // TRUNCATE ignores snapshots, so the lock should be older than the snapshot, which the first query below takes.
  const knownTables = known.filter(isTable);
  const locked = knownTables.length <= few ? knownTables : [];
  if (locked.length === 0) await session.query(`${beginReading};`);
  const gone = await hold(session, locked, `${beginReading};`);
  if (gone !== null) return { error: gone };
  const answer = await session.query(
    `SELECT pg_export_snapshot(); ${briefly(rowsMayMove)} ${briefly(relationsQuery)}`,
  );
  const takenAt = new Date();
  const [snapshot = "", moving, ...listed] = answer.split("\n");
  const relations = parseRelations(listed.join("\n"));
  const rest = unlocked(relations, locked);
  // The dump locks these only when it reads them, at its end.
  const sequences = rest.filter((relation) => !isTable(relation)).slice(0, few);
  const groups = groupTables(rest.filter(isTable), first);
  const error = (await hold(session, sequences)) ?? (await hold(session, groups.held, "SAVEPOINT held;"));
  if (error !== null) return { error };
  if ((await changed(session, [...sequences, ...groups.held])).length > 0) return { error: null };
  return { snapshot, viaPartitionRoot: moving !== "false", takenAt, relations, groups };
}

const isTable = ({ kind }: Relation): boolean => kind !== "S";

function unlocked(relations: readonly Relation[], locked: readonly Relation[]): Relation[] {
  const oids = new Set(locked.map(({ oid }) => oid));
  return relations.filter(({ oid }) => !oids.has(oid));
}

function describe(
  session: PsqlSession,
  known: DatabaseFacts,
  { snapshot, viaPartitionRoot, takenAt, relations, groups }: Begun,
): Snapshot {
  const facts = { ...known, snapshot };
  return {
    facts,
    viaPartitionRoot,
    takenAt,
    session,
    dumpedTables: relations.flatMap(({ oid, kind, extension }) => (kind === "r" && !extension ? oid : [])),
    readContent: (proof) => {
      const read = (some: readonly Table[]) => readTables(session, some, proof);
      const readEach = (tables: readonly Table[]) => readGroups(session, groups, read, tables);
      return readAll(session, { proof, sequences: [], ...facts }, readEach);
    },
    listSequences: () => listSequences(session),
    close: () => session.close(),
  };
}
