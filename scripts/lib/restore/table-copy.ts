import * as z from "zod/mini";
import { messageOf } from "../base/errors.ts";
import { clientProgram } from "../postgres/client-program.ts";
import { endBackends } from "../postgres/end-backends.ts";
import { replicating } from "../postgres/event-triggers.ts";
import { connectionString, identifier, literal } from "../postgres/sql.ts";
import { runAlone } from "../system/docker.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import { displayName, type TableName } from "./table-names.ts";

const Column = z.object({ name: z.string(), type: z.string(), bareType: z.string() });

/** A table read from the scratch database. */
const SourceTable = z.object({
  schema: z.string(),
  name: z.string(),
  columns: z.array(Column),
  /** The size of its rows, in all partitions. */
  bytes: z.int(),
  rows: z.int(),
});
export type SourceTable = z.infer<typeof SourceTable>;

/** A table as SQL. */
export const qualified = ({ schema, name }: TableName): string => `${identifier(schema)}.${identifier(name)}`;

const relation = (table: TableName): string => `${literal(qualified(table))}::regclass`;

/** Types are written with their schema, as the other database needs them. */
const sourceQuery = (tables: readonly TableName[]): string => `set search_path = '';
select json_agg(t) from (${tables
  .map(
    (table) => `select ${literal(table.schema)} as schema, ${literal(table.name)} as name,
  (select coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
    'bareType', format_type(atttypid, null)) order by attnum), '[]') from pg_attribute
    where attrelid = ${relation(table)} and attnum > 0 and not attisdropped) as columns,
  coalesce((select sum(pg_table_size(relid)) from pg_partition_tree(${relation(table)})),
    pg_table_size(${relation(table)})) as bytes,
  (select count(*) from ${qualified(table)}) as rows`,
  )
  .join(" union all ")}) t`;

/** @throws PsqlError, DockerError, InterruptedError */
export function readSourceTables(
  run: RestoreRun,
  scratch: string,
  tables: readonly TableName[],
): Promise<SourceTable[]> {
  const inside = run.server.in(scratch, run.signal).within(null);
  return inside.queryJson(z.array(SourceTable), sourceQuery(tables));
}

/** A statement by which the sending psql prints `text` for the receiving one. */
const say = (text: string): string => `select ${literal(text)};\n`;

/**
 * A script for another psql with all rows of the tables, without the COMMIT. This program sends the COMMIT: if it is
 * dead by then, nothing changes, even if its processes still run in the container. The new tables are unlogged: a
 * publication FOR ALL TABLES must not send them to subscribers, which have no such tables.
 */
function copyScript(schema: string, comment: string, tables: readonly SourceTable[]): string {
  const target = ({ name }: TableName) => qualified({ schema, name });
  const list = ({ columns }: SourceTable) => columns.map(({ name }) => identifier(name)).join(", ");
  const whole = tables.map(
    (
      table,
    ) => `if (select pg_catalog.count(*) from ${target(table)}) operator(pg_catalog.<>) ${table.rows} then
  raise exception 'not all rows of % have arrived', ${literal(table.name)}; end if;`,
  );
  return [
    say(`BEGIN;
${replicating("replica")};
CREATE SCHEMA ${identifier(schema)};\nCOMMENT ON SCHEMA ${identifier(schema)} IS ${literal(comment)};`),
    ...tables.flatMap((table) => {
      const columns = table.columns.map(({ name, type }) => `${identifier(name)} ${type}`);
      return [
        say(
          `CREATE UNLOGGED TABLE ${target(table)} (${columns.join(", ")});\nCOPY ${target(table)} FROM stdin;`,
        ),
        `copy (select ${list(table)} from ${qualified(table)}) to stdout;`,
        say("\\."),
      ];
    }),
    say(`DO ${literal(`begin ${whole.join(" ")} end`)};\n\\echo ${allCopied}`),
  ].join("\n");
}

const allCopied = "copied";

/** The last statement if all rows have arrived; nothing if the receiving side has failed. */
const reply = (output: string): string | null =>
  output === `${allCopied}\n` ? say("COMMIT;") : output.includes("into ") ? "" : null;

// As in a load: the shell's pipeline would hide the status of its first command.
const copyAcross = `exec 3>&1
psql="psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=terse"
{ $psql -U "$1" -d "$2" -f -; echo "from $?" >&3; } | {
$psql -o /dev/null -U "$1" -d "$3" -f - >&3; echo "into $?" >&3; }`;
const bothSucceeded = `${allCopied}\nfrom 0\ninto 0\n`;

/** For both sides: settings of a database or role must not change a value's text form. */
const textForms = {
  DateStyle: "ISO",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: 3,
  bytea_output: "hex",
  lc_monetary: "C",
  xmloption: "content",
};

export interface TableCopy {
  /** The database that holds the tables. */
  scratch: string;
  /** The schema to make in the live database. */
  schema: string;
  /** The schema's comment. */
  comment: string;
  tables: readonly SourceTable[];
}

/**
 * Copies tables into a new schema of the live database, in one transaction, which locks only the new objects.
 * @throws RestoreError `load` if nothing has changed; DockerError, PsqlError, InterruptedError
 */
export async function copyTables(run: RestoreRun, copy: TableCopy): Promise<void> {
  const { database, runId, server, settings, signal } = run;
  const { comment, schema, scratch, tables } = copy;
  const names = tables.map(displayName).join(", ");
  const databases = [scratch, database.database].map(connectionString);
  // If the schema exists, the transaction was committed, whatever psql reported.
  const failure = async (reason: string, cause?: unknown): Promise<void> => {
    // A process in the container outlives its docker exec.
    await endBackends(server, [runId]);
    const sql = `select to_json(exists (select from pg_namespace where nspname = ${literal(schema)}))`;
    if (await server.queryJson(z.boolean(), sql)) return;
    throw new RestoreError("load", `could not copy ${names} into ${schema}: ${reason} [DBK-TABLE-2]`, cause);
  };
  try {
    const program = clientProgram(database, await server.within(null).until(signal).facts(), {
      applicationName: server.applicationName,
      argv: ["sh", "-c", copyAcross, "sh", database.user, ...databases],
      changes: textForms,
      encoding: "UTF8",
    });
    const { stdout, stderr } = await runAlone(database.container, program, {
      input: copyScript(schema, comment, tables),
      reply,
      timeoutSeconds: settings.timeouts.restore,
      signal,
    });
    if (stdout !== bothSucceeded) await failure(stderr.trim() || stdout.trim());
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    await failure(messageOf(error), error);
  }
}
