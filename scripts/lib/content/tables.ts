import * as z from "zod/mini";
import type { Proof } from "../../contract/content.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { identifier } from "../postgres/sql.ts";
import { briefly } from "./briefly.ts";
import { trusted } from "./trust.ts";

/** Sorted by name; `long` if the text form may be long. */
export const Columns = z.array(z.object({ name: z.string(), long: z.boolean() }));

const Table = z.object({
  oid: z.int(),
  schema: z.string(),
  name: z.string(),
  /** Those that a dump holds. */
  columns: Columns,
  extension: z.nullable(z.string()),
  /** Whether it is safe to plan a query of it with the rights of the session's user. */
  trusted: z.boolean(),
  /** How many indexes it has; planning locks each. */
  indexes: z.int(),
  /** The condition for the rows of an extension's table in a dump: empty or a WHERE clause. */
  condition: z.string(),
});
export type Table = z.infer<typeof Table>;

/**
 * The FROM clause for a database's own relations, as pg_dump chooses them: without the system's; of extensions only the
 * tables that they mark as configuration.
 */
export const dumpedOfAnyKind = `
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (d.objid IS NULL OR c.oid = ANY (e.extconfig))`;

/** Of these, tables with rows (partitions, not their parents), or sequences. */
export const dumpedRelations = (kind: "r" | "S"): string => `${dumpedOfAnyKind} AND c.relkind = '${kind}'`;

/** Of the relation `c`. Generated columns are not in a dump. */
export const columnsOfRelation = `(SELECT ${jsonList(`json_build_object('name', a.attname, 'long',
  a.atttypid = ANY ('{text,json,jsonb,bytea,xml}'::regtype[])) ORDER BY a.attname COLLATE "C"`)} FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')`;

const tablesQuery = `
SELECT ${jsonList(`json_build_object(
  'oid', c.oid::bigint,
  'schema', n.nspname,
  'name', c.relname,
  'columns', ${columnsOfRelation},
  'extension', e.extname,
  'trusted', ${trusted("c.relowner")},
  'indexes', (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),
  'condition', coalesce(e.extcondition[array_position(e.extconfig, c.oid)], ''))
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`)}${dumpedRelations("r")};`;

export const listTables = (session: PsqlSession): Promise<Table[]> =>
  session.queryJson(z.array(Table), briefly(tablesQuery));

/** PostgreSQL's stack limits the depth of an expression. */
const longestChain = 20;

/** The columns in the order in which they are hashed: `apart` each by itself, `together` as one row. */
export function hashedColumns({ columns }: Pick<Table, "columns">): {
  apart: Table["columns"];
  together: Table["columns"];
} {
  const apart = columns.filter(({ long }) => long).slice(0, longestChain);
  return { apart, together: columns.filter((column) => !apart.includes(column)) };
}

/**
 * One row's hash. The columns are named, because their order may change in a restore. The text of a row value is
 * scanned for quoting, character by character. So long values are hashed separately, each into the next one's seed.
 */
export function rowHash(table: Pick<Table, "columns">): string {
  const { apart, together } = hashedColumns(table);
  const value = ({ name }: { name: string }) => `t.${identifier(name)}`;
  const hash = (text: string, seed: string) => `hashtextextended(${text} COLLATE "C", ${seed})`;
  const seed = apart.reduce((last, column) => hash(`coalesce('.' || ${value(column)}::text, '')`, last), "0");
  return hash(`ROW(${together.map(value).join(", ")})::text`, seed);
}

/** Selects the position, the number of rows and the sum of their hashes. */
export function tableQuery(table: Table, position: number, proof: Proof): string {
  const hash = proof === "full" ? `coalesce(sum(${rowHash(table)}), 0)::text` : "NULL::text";
  return `SELECT ${position}, count(*), ${hash} FROM ONLY ${qualified(table)} AS t ${table.condition}`;
}

export const qualified = (table: Pick<Table, "schema" | "name">): string =>
  `${identifier(table.schema)}.${identifier(table.name)}`;

/** Thousands of tables in one statement would need a plan as large. */
export function chunks<T>(tables: readonly T[], size = 100): T[][] {
  return Array.from({ length: Math.ceil(tables.length / size) }, (_, index) =>
    tables.slice(index * size, (index + 1) * size),
  );
}
