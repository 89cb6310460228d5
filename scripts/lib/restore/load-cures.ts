import type { LoadError } from "../archive/load-errors.ts";
import type { FoundEntries } from "./dump-entries.ts";

/** An error of a load, and the object of the dump that caused it. */
export interface LoadProblem extends FoundEntries {
  error: LoadError;
}

/** Undefined functions, operators, tables, columns, types, text search configurations, schemas. */
const undefinedNames: ReadonlySet<string | null> = new Set(["42883", "42P01", "42703", "42704", "3F000"]);

/** Advice by error code; the first match counts. Each text is the end of a sentence. */
const cures: readonly [applies: (problem: LoadProblem) => boolean, cure: (problem: LoadProblem) => string][] =
  [
    [
      ({ error }) => undefinedNames.has(error.sqlState) && error.functions.length > 0,
      ({ error, functions }) => {
        const named = functions[0] ?? error.functions[0] ?? "";
        return `function ${named} needs a search_path, which is empty while a dump is loaded: in the live database qualify the names in its body with their schema, or ALTER FUNCTION ${named} SET search_path = public, pg_temp (with the schemas that it needs), and back up again`;
      },
    ],
    [
      ({ error }) => /^role "/.test(error.message) && error.sqlState === "42704",
      () => "create that role (CREATE ROLE), or put the backup's .roles.sql beside the file",
    ],
    [
      ({ error }) => error.sqlState === "23503",
      (problem) => violated(problem, orphans(problem.entry?.statement ?? "")),
    ],
    [
      ({ error }) => error.sqlState === "23505",
      (problem) => violated(problem, duplicates(problem.entry?.statement ?? "")),
    ],
    [
      ({ error }) => error.sqlState === "23502" && error.column !== null,
      (problem) =>
        violated(problem, `SELECT * FROM ${tableOf(problem)} WHERE ${problem.error.column} IS NULL`),
    ],
    [
      ({ error }) => error.sqlState === "23514" && error.constraint !== null,
      (problem) =>
        `${violated(problem, `SELECT * FROM ${tableOf(problem)} WHERE NOT (CONDITION)`)} (\\d ${tableOf(problem)} shows the condition; it may depend on a setting or on another table)`,
    ],
    [({ error }) => error.sqlState?.startsWith("23") ?? false, (problem) => violated(problem, null)],
    [
      ({ error }) => error.sqlState === "58P01" || /extension .* is not available/.test(error.message),
      () => "install what is missing in the container's image",
    ],
    [
      ({ error }) => error.sqlState?.startsWith("HV") || error.sqlState?.startsWith("08") || false,
      () => "it needs another server: restore when that one can be reached",
    ],
    [({ error }) => error.sqlState === "53100", () => "free space for the database"],
    [
      ({ error }) => error.sqlState?.startsWith("53") ?? false,
      () => "raise that limit, or restore when the server has less to do",
    ],
  ];

/** The advice for an error; null if there is none beyond PostgreSQL's own message. */
export const cureOf = (problem: LoadProblem): string | null =>
  cures.find(([applies]) => applies(problem))?.[1](problem) ?? null;

const tableOf = ({ error: { schema, table } }: LoadProblem): string =>
  [schema, table].filter((part) => part !== null).join(".") || "the table";

function violated(problem: LoadProblem, search: string | null): string {
  const { constraint } = problem.error;
  const what = constraint === null ? "a constraint of theirs" : `their constraint ${constraint}`;
  const how = search === null ? "" : ` (${search})`;
  return `rows of ${tableOf(problem)} violate ${what}: find them in the live database${how}, mend them, back up again`;
}

const foreignKey =
  /ALTER TABLE (?:ONLY )?(?<table>.+)\n\s*ADD CONSTRAINT .+ FOREIGN KEY \((?<columns>[^)]+)\) REFERENCES (?<target>.+?)\((?<keys>[^)]+)\)/;

/** A query for rows whose foreign key refers to no row. */
function orphans(statement: string): string | null {
  const { columns = "", keys = "", table = "", target = "" } = foreignKey.exec(statement)?.groups ?? {};
  if (table === "") return null;
  const list = (alias: string, names: string) => `(${prefixed(alias, names).join(", ")})`;
  const filled = prefixed("t", columns).map((column) => `${column} IS NOT NULL`);
  return `SELECT * FROM ${table} AS t WHERE ${filled.join(" AND ")} AND NOT EXISTS (SELECT FROM ${target} AS r WHERE ${list("r", keys)} = ${list("t", columns)})`;
}

const prefixed = (alias: string, names: string): string[] =>
  (names.match(/"(?:[^"]|"")+"|[^\s",]+/g) ?? []).map((name) => `${alias}.${name}`);

const unique: readonly RegExp[] = [
  /ALTER TABLE (?:ONLY )?(?<table>.+)\n\s*ADD CONSTRAINT .+ (?:PRIMARY KEY|UNIQUE)[A-Z ]* \((?<columns>[^)]+)\)/,
  /CREATE UNIQUE INDEX .+ ON (?:ONLY )?(?<table>.+) USING \w+ \((?<columns>[^()]+)\)/,
];

/** A query for duplicate values. It does not use the index, because the index may be damaged. */
function duplicates(statement: string): string | null {
  const { columns = "", table = "" } =
    unique.map((pattern) => pattern.exec(statement)).find(Boolean)?.groups ?? {};
  if (table === "") return null;
  return `SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT ${columns}, count(*) FROM ${table} GROUP BY ${columns} HAVING count(*) > 1`;
}
