import { visitStatements } from "../archive/statements.ts";
import { UsageError } from "../base/errors.ts";
import { identifier } from "../postgres/sql.ts";
import { RestoreError } from "./errors.ts";

export interface TableName {
  schema: string;
  name: string;
}

/** A table as written on the command line: each part, and whether it was quoted. */
export interface RequestedTable {
  parts: { text: string; quoted: boolean }[];
  written: string;
}

const part = String.raw`(?:"(?:[^"]|"")+"|[^\s".,](?:[^".,]*[^\s".,])?)`;
const onePattern = new RegExp(`^\\s*(${part}(?:\\.${part})?)\\s*(?:,|$)`);
const partPattern = new RegExp(part, "g");

/**
 * The tables in a value of --table: `[SCHEMA.]TABLE`, several separated by commas; names with dots, commas or quotes in
 * them stand in double quotes, as in SQL.
 * @throws UsageError when it is not of this form.
 */
export function parseTables(value: string): RequestedTable[] {
  const tables: RequestedTable[] = [];
  for (let rest = value; rest !== "" || tables.length === 0; ) {
    const [whole = "", written = ""] = onePattern.exec(rest) ?? [];
    if (written === "") {
      throw new UsageError(
        `--table ${value} is not [SCHEMA.]TABLE; put a name with a dot, a comma or a quote in double quotes`,
      );
    }
    tables.push({ parts: partsOf(written), written });
    rest = rest.slice(whole.length);
  }
  return tables;
}

function partsOf(written: string): RequestedTable["parts"] {
  return (written.match(partPattern) ?? []).map((text) =>
    text.startsWith('"')
      ? { text: text.slice(1, -1).replaceAll('""', '"'), quoted: true }
      : { text, quoted: false },
  );
}

/** Why the tables cannot be restored as they are named. */
export const tableError = (reason: string): RestoreError =>
  new RestoreError("obstacle", `${reason} [DBK-TABLE-1]`);

/**
 * Finds the requested tables. An unquoted name matches as written or, as in SQL, in lower case. A name without a schema
 * matches the only table of that name in any schema.
 * @param where the place of these tables, for the message.
 * @throws RestoreError `obstacle` for a name that matches no table or several, and for two tables with the same name,
 * which cannot both be in one schema.
 */
export function chooseTables(
  requested: readonly RequestedTable[],
  present: readonly TableName[],
  where: string,
): TableName[] {
  const chosen = new Map<string, TableName>();
  for (const one of requested) {
    const found = matching(one, present);
    const [table] = found;
    if (table === undefined) {
      throw tableError(`there is no table ${one.written} in ${where}${nearest(one, present)}`);
    }
    if (found.length > 1) {
      const names = found.map(displayName).join(" and ");
      throw tableError(`${one.written} could be ${names}: add its schema`);
    }
    const other = chosen.get(table.name);
    if (other !== undefined && other.schema !== table.schema) {
      const names = `${displayName(other)} and ${displayName(table)}`;
      throw tableError(`${names} have one name: restore them one after the other`);
    }
    chosen.set(table.name, table);
  }
  return [...chosen.values()];
}

function matching({ parts }: RequestedTable, present: readonly TableName[]): TableName[] {
  const is = (name: string, part: RequestedTable["parts"][number] | undefined, fold: boolean) =>
    part === undefined || name === (fold && !part.quoted ? part.text.toLowerCase() : part.text);
  const schema = parts.length > 1 ? parts[0] : undefined;
  const by = (fold: boolean) =>
    present.filter((table) => is(table.name, parts.at(-1), fold) && is(table.schema, schema, fold));
  const exact = by(false);
  return exact.length > 0 ? exact : by(true);
}

/** Tables whose name holds the requested one or is held by it, as a hint. */
function nearest({ parts }: RequestedTable, present: readonly TableName[]): string {
  const hint = parts.at(-1)?.text.toLowerCase() ?? "";
  const near = present.filter(({ name }) => {
    const other = name.toLowerCase();
    return other.includes(hint) || hint.includes(other);
  });
  return near.length === 0 ? "" : `; there is ${near.slice(0, 5).map(displayName).join(", ")}`;
}

const plainName = /^[a-z_][a-z0-9_]*$/;

/** A table's name as a person would write it: quoted only where it has to be. */
export const displayName = ({ schema, name }: TableName): string =>
  [schema, name].map((text) => (plainName.test(text) ? text : identifier(text))).join(".");

const creation = /^CREATE (?:UNLOGGED )?TABLE (.+) \($/;
const dataBegins = "-- Data for Name: ";

/** The tables that a plain dump makes, partitioned ones and partitions too; reads no further than their definitions. */
export async function tablesInDump(archive: string, signal: AbortSignal): Promise<TableName[]> {
  const tables: TableName[] = [];
  await visitStatements(
    archive,
    (line) => {
      const written = creation.exec(line)?.[1];
      if (written !== undefined) {
        const [schema, name] = partsOf(written);
        if (schema !== undefined && name !== undefined) tables.push({ schema: schema.text, name: name.text });
      }
      return !line.startsWith(dataBegins);
    },
    signal,
  );
  return tables;
}
