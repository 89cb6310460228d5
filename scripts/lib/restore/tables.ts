import * as z from "zod/mini";
import { formatTime, plural } from "../base/format.ts";
import { firingQuery } from "../postgres/event-triggers.ts";
import { jsonList } from "../postgres/json-list.ts";
import { identifier, literal } from "../postgres/sql.ts";
import { dropLeftovers } from "../recovery/leftover-databases.ts";
import { dropAndCleanUp } from "./filling.ts";
import type { LiveServer } from "./live-server.ts";
import { refuseUnfit } from "./refusals.ts";
import { lockForRestore, namesOf, surveyServer } from "./restoration.ts";
import { dropRoles } from "./roles.ts";
import type { RestoreRun } from "./run.ts";
import { restoreSideBySide } from "./side-by-side.ts";
import type { RestoreSource } from "./source.ts";
import { requireRoom, requireSpaceSideBySide } from "./space-check.ts";
import { copyTables, qualified, readSourceTables, type SourceTable } from "./table-copy.ts";
import {
  chooseTables,
  displayName,
  type RequestedTable,
  type TableName,
  tableError,
  tablesInDump,
} from "./table-names.ts";

export interface RestoredTable extends TableName {
  rows: number;
  /** SQL that copies from it what the live table lacks; null when there is no such table. */
  example: string | null;
}

export interface TablesReport {
  /** The new schema in the live database. */
  schema: string;
  tables: RestoredTable[];
}

/** The schema of a run that started at `runId`'s time: `restored_20261122_020000`, UTC. */
export const schemaName = (runId: string): string => `restored_${runId.slice(0, 15).replace("T", "_")}`;

/**
 * Which tables of the file are meant, and whether they can be copied into the live database.
 * @throws RestoreError when not.
 */
export async function refuseTables(
  run: RestoreRun,
  source: RestoreSource,
  requested: readonly RequestedTable[],
  server: LiveServer,
): Promise<TableName[]> {
  refuseUnfit(source, server, run.database, false);
  const name = run.database.database;
  if (server.live === null)
    throw tableError(
      `there is no database ${name} to copy tables into; restore ${source.path} whole, without --table`,
    );
  const tables = chooseTables(requested, await tablesInDump(source.path, run.signal), source.path);
  await requireSpaceSideBySide(run, source, server, "");
  return tables;
}

/**
 * Restores the whole file into a scratch database, copies some of its tables into a schema of their own in the live
 * database, and drops the scratch database. The live database's own tables are neither changed nor locked.
 * @throws ProgramError with the exit code that fits
 */
export async function restoreTables(
  run: RestoreRun,
  source: RestoreSource,
  requested: readonly RequestedTable[],
): Promise<TablesReport> {
  const { database, log } = run;
  await refuseTables(run, source, requested, await surveyServer(run));
  const lock = await lockForRestore(run);
  try {
    const server = await surveyServer(run);
    await dropLeftovers(run, server.maintenance, namesOf(server));
    const names = await refuseTables(run, source, requested, server);
    const schema = schemaName(run.runId);
    const what = names.map(displayName).join(", ");
    log.event("info", database.name, `restore started: ${what} of ${source.path} into the schema ${schema}`);
    const properties = server.live;
    if (properties === null) throw new Error("no live database");
    const { createdRoles, tables } = await restoreSideBySide(
      run,
      server,
      source,
      properties,
      async (scratch) => {
        const copied = await copyAcross(run, server, source, { scratch, schema, names });
        await dropAndCleanUp(run, server, scratch);
        return { tables: copied };
      },
    );
    // They were needed as owners in the scratch database only.
    await dropRoles(run.server.in(server.maintenance), createdRoles).catch(() => {});
    const copied = tables
      .map((table) => `${displayName(table)} with ${plural(table.rows, "row")}`)
      .join(", ");
    log.event("info", database.name, `restore finished: ${copied}, in the schema ${schema}`);
    return { schema, tables };
  } finally {
    lock.release();
  }
}

async function copyAcross(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  { scratch, schema, names }: { scratch: string; schema: string; names: TableName[] },
): Promise<RestoredTable[]> {
  const tables = await readSourceTables(run, scratch, names);
  const live = await readTargets(run, tables, schema);
  const where = `${run.database.database} in container ${run.database.container}`;
  if (live.schemaExists) throw tableError(`${where} has a schema ${schema} already; run it again`);
  if (live.missingTypes.length > 0) {
    const missing = live.missingTypes.join(", ");
    throw tableError(
      `${where} lacks the types ${missing}, which these tables use; restore --into another database instead`,
    );
  }
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const present = { ...server, made: server.made.filter(({ kind }) => kind === "previous") };
  await requireRoom(run, present, bytes, `the tables in ${run.database.database}`);
  const taken = source.takenAt === null ? "" : `, taken ${formatTime(source.takenAt)}`;
  await warnOfEventTriggers(run);
  await copyTables(run, { scratch, schema, comment: `from ${source.path}${taken}`, tables });
  return tables.map(({ name, rows, schema: from, columns }) => {
    const target = live.targets.find((table) => table.schema === from && table.name === name);
    const copied = columns.map((column) => column.name);
    return {
      schema: from,
      name,
      rows,
      example: target === undefined ? null : insertExample(target, schema, copied),
    };
  });
}

/** A restore does not alter the live database to silence event triggers. A trigger that is ENABLE ALWAYS fires. */
async function warnOfEventTriggers(run: RestoreRun): Promise<void> {
  const { database, log, server, signal } = run;
  const making = firingQuery(["CREATE SCHEMA", "COMMENT", "CREATE TABLE"]);
  const name = await server.until(signal).queryJson(z.nullable(z.string()), making);
  if (name === null) return;
  log.event(
    "warning",
    database.name,
    `the event trigger ${name} of ${database.database} fires while the tables are created there [DBK-TABLE-3]`,
  );
}

const Target = z.object({
  schema: z.string(),
  name: z.string(),
  /** The columns that an INSERT may name. */
  columns: z.array(z.string()),
  /** Whether a column is GENERATED ALWAYS AS IDENTITY. */
  identity: z.boolean(),
  /** Whether it has a unique key. */
  keyed: z.boolean(),
});

const Targets = z.object({
  schemaExists: z.boolean(),
  missingTypes: z.array(z.string()),
  targets: z.array(Target),
});

/** Looks these tables up in the live database, and the types that it lacks. */
function readTargets(
  run: RestoreRun,
  tables: readonly SourceTable[],
  schema: string,
): Promise<z.infer<typeof Targets>> {
  const types = [...new Set(tables.flatMap(({ columns }) => columns.map(({ bareType }) => bareType)))];
  const names = tables.map((table) => `(${literal(table.schema)}, ${literal(table.name)})`).join(", ");
  const sql = `set search_path = '';
select json_build_object(
  'schemaExists', exists (select from pg_namespace where nspname = ${literal(schema)}),
  'missingTypes', (select ${jsonList(`t`)} from unnest(array[${types.map(literal).join(", ")}]::text[]) t
    where to_regtype(t) is null),
  'targets', (select ${jsonList(`json_build_object('schema', nspname, 'name', relname,
    'columns', (select ${jsonList("attname")} from pg_attribute where attrelid = c.oid and attnum > 0
      and not attisdropped and attgenerated = ''),
    'identity', exists (select from pg_attribute where attrelid = c.oid and attidentity = 'a'),
    'keyed', exists (select from pg_index where indrelid = c.oid and indisunique))`)}
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind in ('r', 'p') and (nspname, relname) in (${names})))`;
  return run.server.until(run.signal).queryJson(Targets, sql);
}

/** SQL that adds to a live table the restored rows that it lacks: by its keys, or as whole rows where it has none. */
function insertExample(target: z.infer<typeof Target>, schema: string, restored: readonly string[]): string {
  const columns = restored.filter((name) => target.columns.includes(name));
  const list = columns.map(identifier).join(", ");
  const overriding = target.identity ? " OVERRIDING SYSTEM VALUE" : "";
  const into = qualified(target);
  const lacking = target.keyed ? "ON CONFLICT DO NOTHING" : `EXCEPT ALL SELECT ${list} FROM ${into}`;
  return `INSERT INTO ${into} (${list})${overriding}
  SELECT ${list} FROM ${qualified({ schema, name: target.name })} ${lacking};`;
}

/** How to go on, for people. */
export function tablesText({ schema, tables }: TablesReport, database: string): string {
  return [
    `To bring back the rows that ${database} lacks (in psql; add a WHERE, and mind foreign keys):`,
    ...tables.map(
      (table) =>
        table.example ??
        `-- ${displayName(table)} is not in ${database} any more: it has no table to insert into`,
    ),
    `Its tables are unlogged: a crash of the server empties them.`,
    `When done: DROP SCHEMA ${identifier(schema)} CASCADE;`,
  ].join("\n");
}
