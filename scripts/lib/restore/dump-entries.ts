import { DumpParts } from "../archive/dump-parts.ts";
import type { Load } from "../archive/load.ts";
import { LineDecoder, readDump } from "../archive/statements.ts";
import { identifier } from "../postgres/sql.ts";

/** One object of a dump, as the comment before it names it. */
export interface DumpEntry {
  /** `INDEX`, `FK CONSTRAINT`, `TABLE DATA` … */
  type: string;
  schema: string | null;
  name: string;
  /** The beginning of its SQL. */
  statement: string;
}

const heading = /^-- (?:Data for )?Name: (?<name>.*); Type: (?<type>[^;]*); Schema: (?<schema>.*?); Owner:/;
/** A constraint's whole definition, and more than most functions. */
const statementLimit = 4_096;

/** Goes through a dump's lines and knows which object they belong to. */
export class EntryReader {
  current: DumpEntry | null = null;
  readonly #decoder = new LineDecoder();

  /** @param written a line of SQL, read as Latin-1. */
  take(written: string): void {
    const line = this.#decoder.decode(written);
    const groups = line.startsWith("-- ") ? heading.exec(line)?.groups : undefined;
    if (groups !== undefined) {
      const { name = "", type = "", schema = "-" } = groups;
      this.current = { type, schema: schema === "-" ? null : schema, name, statement: "" };
    } else if (this.current !== null && this.current.statement.length < statementLimit) {
      if (line !== "" && !line.startsWith("--"))
        this.current.statement += `${line}\n`.slice(0, statementLimit);
    }
  }
}

const plainName = /^[a-z_][a-z0-9_]*$/;
const written = (name: string): string => (plainName.test(name) ? name : identifier(name));

/** A function's identity as SQL; the comment names it without quotes. */
export function functionIdentity({ schema, name }: DumpEntry): string {
  const at = name.indexOf("(");
  const prefix = schema === null ? "" : `${written(schema)}.`;
  return at < 0 ? `${prefix}${written(name)}` : `${prefix}${written(name.slice(0, at))}${name.slice(at)}`;
}

const words: Readonly<Record<string, string>> = {
  "TABLE DATA": "the rows of",
  "MATERIALIZED VIEW DATA": "the content of the materialized view",
  BLOB: "the large object",
  BLOBS: "the large objects",
  "BLOB METADATA": "the large objects",
};

/** `the index public.clients_by_name`, `the rows of public.pets`, `the FK constraint public.pets pets_owner_id_fkey`. */
export function entryText({ name, schema, type }: DumpEntry): string {
  const what = words[type] ?? `the ${type.toLowerCase().replace(/^fk /, "foreign key ")}`;
  return [what, schema === null ? name : `${written(schema)}.${name}`].join(" ").trim();
}

export interface FoundEntries {
  /** The object to which the requested line belongs; null if the dump does not name it. */
  entry: DumpEntry | null;
  /** The functions with the requested names, as written in SQL. */
  functions: string[];
}

export interface SoughtEntries {
  /** As psql counted them, from 1, rows of tables too. */
  line: number;
  /** How the dump was sent to psql: as it is, or with `\restrict` replaced or removed. */
  way: Load["way"];
  functionNames: readonly string[];
}

/**
 * Finds the object to which a line of a dump belongs, and functions before that line.
 * @throws a system error, or the signal's reason
 */
export async function entriesAt(
  archive: string,
  { functionNames, line, way }: SoughtEntries,
  signal: AbortSignal,
): Promise<FoundEntries> {
  const parts = new DumpParts();
  const entries = new EntryReader();
  const functions = new Set<string>();
  let at = way === "confined" ? 1 : 0;
  const take = (text: string): boolean => {
    for (const part of parts.take(text)) {
      if (part.kind === "rows") {
        for (let end = part.text.indexOf("\n"); end >= 0; end = part.text.indexOf("\n", end + 1)) at += 1;
        continue;
      }
      if (way !== "compressed" && entries.current === null && part.text.startsWith("\\restrict ")) continue;
      at += 1;
      entries.take(part.text);
      const { current } = entries;
      if (current?.type === "FUNCTION" && functionNames.includes(current.name.replace(/\(.*$/s, "")))
        functions.add(functionIdentity(current));
      if (at >= line) return false;
    }
    return true;
  };
  await readDump(archive, take, signal);
  return { entry: entries.current, functions: [...functions] };
}
