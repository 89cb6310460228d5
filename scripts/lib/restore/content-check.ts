import * as z from "zod/mini";
import type { Manifest } from "../manifest.ts";
import type { QueryOptions } from "../psql.ts";
import { queryJson } from "../psql.ts";
import type { DatabaseSettings } from "../settings.ts";
import { openSnapshot, type TableRows } from "../snapshot.ts";
import { RestoreError } from "./errors.ts";

const Extras = z.object({ sequences: z.int(), largeObjects: z.int() });

/** What a database holds, counted. */
export interface Content extends z.infer<typeof Extras> {
  tables: TableRows[];
  rows: number;
}

const extrasQuery = `select json_build_object(
  'sequences', (select count(*) from pg_class where relkind = 'S' and relpersistence <> 't'),
  'largeObjects', (select count(*) from pg_largeobject_metadata))`;

/** Counts every row of the database that `options.dbname` names. */
export async function countContent(database: DatabaseSettings, options: QueryOptions): Promise<Content> {
  const snapshot = await openSnapshot(database, options);
  try {
    const tables = await snapshot.countRows();
    const extras = await queryJson(database, Extras, extrasQuery, options);
    return { ...extras, tables, rows: tables.reduce((sum, table) => sum + table.rows, 0) };
  } finally {
    await snapshot.close();
  }
}

/** How the restored tables differ from those the manifest counted, one sentence each. */
export function differences(expected: readonly TableRows[], found: readonly TableRows[]): string[] {
  const key = (table: TableRows) => JSON.stringify([table.schema, table.name]);
  const foundRows = new Map(found.map((table) => [key(table), table.rows]));
  const expectedKeys = new Set(expected.map(key));
  const wrong = expected.flatMap((table) => {
    const rows = foundRows.get(key(table));
    if (rows === table.rows) return [];
    const now = rows === undefined ? "it is missing" : `it has ${rows}`;
    return [`${table.schema}.${table.name} had ${table.rows} rows, ${now}`];
  });
  const additional = found
    .filter((table) => !expectedKeys.has(key(table)))
    .map((table) => `${table.schema}.${table.name} was not there`);
  return [...wrong, ...additional];
}

/** @throws RestoreError `check` when the content is not what the manifest says. */
export function requireContent(manifest: Manifest | null, content: Content, path: string): void {
  if (manifest?.tables == null) return;
  const wrong = differences(manifest.tables, content.tables);
  if (wrong.length === 0) return;
  throw new RestoreError(
    "check",
    `what was restored from ${path} is not what was backed up: ${wrong.join("; ")}`,
  );
}
