import * as z from "zod/mini";
import type { QueryOptions } from "./psql.ts";
import { PsqlSession } from "./psql-session.ts";
import type { DatabaseSettings } from "./settings.ts";
import { identifier } from "./sql.ts";

const Table = z.object({ schema: z.string(), name: z.string() });
export type Table = z.infer<typeof Table>;

const TableRows = z.extend(Table, { rows: z.int() });
/** A table and how many rows it has. */
export type TableRows = z.infer<typeof TableRows>;

const SnapshotFacts = z.object({
  /** What `pg_dump --snapshot` takes. */
  snapshot: z.string(),
  serverVersion: z.string(),
  serverVersionNumber: z.int(),
  encoding: z.string(),
  collation: z.string(),
  owner: z.string(),
  databaseBytes: z.int(),
  /** Whether the user may read the roles' password hashes. */
  readsPasswords: z.boolean(),
});
export type SnapshotFacts = z.infer<typeof SnapshotFacts>;

export interface Snapshot {
  facts: SnapshotFacts;
  /** The rows of every table, as the snapshot sees them. */
  countRows(): Promise<TableRows[]>;
  /** Ends the snapshot; a dump that uses it must have begun by then. */
  close(): Promise<void>;
}

const factsSql = `
SELECT json_build_object(
  'snapshot', pg_export_snapshot(),
  'serverVersion', current_setting('server_version'),
  'serverVersionNumber', current_setting('server_version_num')::int,
  'encoding', pg_encoding_to_char(encoding),
  'collation', datcollate,
  'owner', pg_get_userbyid(datdba),
  'databaseBytes', pg_database_size(oid),
  'readsPasswords', has_table_privilege('pg_catalog.pg_authid', 'select'))
FROM pg_database WHERE datname = current_database();`;

/**
 * Opens a read-only transaction, exports its snapshot and holds every table's weakest lock, so that what is counted
 * is what is dumped: TRUNCATE does not respect snapshots.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, InterruptedError
 */
export async function openSnapshot(database: DatabaseSettings, options: QueryOptions): Promise<Snapshot> {
  const session = new PsqlSession(database, options);
  try {
    await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off;");
    const tables = await listTables(session);
    for (const names of chunks(tables)) {
      await session.query(
        `LOCK TABLE ${names.map((table) => `ONLY ${qualified(table)}`).join(", ")} IN ACCESS SHARE MODE;`,
      );
    }
    const facts = await session.queryJson(SnapshotFacts, factsSql);
    return { facts, countRows: () => countRows(session, tables), close: () => session.close() };
  } catch (error) {
    await session.close();
    throw error;
  }
}

const tablesSql = `
SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'name', c.relname) ORDER BY n.nspname, c.relname), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');`;

/** The tables that hold rows of a database's own: not the system's, not the extensions'; partitions, not their parents. */
const listTables = (session: PsqlSession): Promise<Table[]> => session.queryJson(z.array(Table), tablesSql);

/** Counts every table's rows, in the tables' order. */
async function countRows(session: PsqlSession, tables: readonly Table[]): Promise<TableRows[]> {
  const counted: TableRows[] = [];
  for (const names of chunks(tables)) {
    const counts = names.map(
      (table, position) => `SELECT ${position}, count(*) FROM ONLY ${qualified(table)}`,
    );
    const sql = `SELECT json_agg(rows ORDER BY position) FROM (${counts.join(" UNION ALL ")}) AS t(position, rows);`;
    const rows = await session.queryJson(z.array(z.int()), sql);
    counted.push(...names.map((table, position) => ({ ...table, rows: rows[position] ?? 0 })));
  }
  return counted;
}

const qualified = (table: Table): string => `${identifier(table.schema)}.${identifier(table.name)}`;

/** Thousands of tables in one statement would need a plan as large. */
function chunks(tables: readonly Table[]): Table[][] {
  const size = 100;
  return Array.from({ length: Math.ceil(tables.length / size) }, (_, index) =>
    tables.slice(index * size, (index + 1) * size),
  );
}
