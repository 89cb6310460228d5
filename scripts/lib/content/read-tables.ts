import * as z from "zod/mini";
import type { Proof, TableContent } from "../../contract/content.ts";
import type { PsqlError } from "../postgres/psql-error.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { identifier } from "../postgres/sql.ts";
import { around, briefly } from "./briefly.ts";
import { CopiedRows } from "./copied-rows.ts";
import { hashedColumns, qualified, type Table, tableQuery } from "./tables.ts";

const Counted = z.array(z.object({ rows: z.int(), hash: z.nullable(z.string()) }));
type Counted = z.infer<typeof Counted>[number];

/** The most locks of one statement: of tables, their indexes and their TOAST tables. */
const mostLocks = 100;
/**
 * Whether a table is read by COPY, as in a dump. Rows of extensions' tables are selected by a query, also in a dump.
 */
const isCopied = ({ condition, trusted }: Table): boolean => !trusted && condition === "";

const locksOf = (table: Table): number => (isCopied(table) ? mostLocks : table.indexes + 3);

/**
 * Reads every table once, in the tables' order. For planning, PostgreSQL runs functions in a table's indexes and
 * statistics with the rights of the session's user. The table's owner may replace these functions at any moment. So
 * only tables of superusers and of the session's user are read by a query. COPY needs no planning.
 */
export async function readTables(
  session: PsqlSession,
  tables: readonly Table[],
  proof: Proof,
): Promise<TableContent[]> {
  const contents: TableContent[] = [];
  for (const some of inStatements(tables)) {
    const counted = await readSome(session, some, proof);
    contents.push(
      ...some.map(({ schema, name, extension }, position) => {
        const { rows, hash } = counted[position] ?? { rows: 0, hash: null };
        return { schema, name, rows, hash, ...(extension === null ? {} : { extension }) };
      }),
    );
  }
  return contents;
}

/** Groups of neighbours that take no more locks than one statement may. */
function inStatements(tables: readonly Table[]): Table[][] {
  const statements: Table[][] = [];
  let locks = mostLocks;
  for (const table of tables) {
    locks += locksOf(table);
    if (locks > mostLocks) {
      statements.push([]);
      locks = locksOf(table);
    }
    statements.at(-1)?.push(table);
  }
  return statements;
}

/**
 * For planning, PostgreSQL inlines or runs the functions in a table's indexes, statistics and the like. A function that
 * needs the application's search_path or settings fails here, although a dump, which needs no planning, succeeds.
 */
async function readSome(session: PsqlSession, tables: readonly Table[], proof: Proof): Promise<Counted[]> {
  const [alone] = tables;
  if (alone !== undefined && isCopied(alone)) return [await copyRows(session, alone, proof)];
  const [before, after] = around;
  // Rebuilding an index keeps planning waiting, and no dump.
  const copied = tables.length > 1 || tables[0]?.condition === "";
  const selects = tables.map((table, position) => tableQuery(table, position, proof));
  const answer = await session.attempt(
    `SELECT json_agg(json_build_object('rows', rows, 'hash', hash) ORDER BY position)
FROM (${selects.join("\nUNION ALL ")}) AS t(position, rows, hash)`,
    copied ? `${before} SET LOCAL lock_timeout = '${planningSeconds}s';` : before,
    after,
  );
  if (typeof answer === "string") return z.parse(Counted, JSON.parse(answer));
  if (isFinal(answer)) throw answer;
  const [table] = tables;
  if (table !== undefined && tables.length === 1) {
    if (table.condition !== "") throw answer;
    return [await copyRows(session, table, proof)];
  }
  const counted: Counted[] = [];
  for (const one of tables) counted.push(...(await readSome(session, [one], proof)));
  return counted;
}

/** A cancelled query or a time-out is no planning problem. For locks, COPY waits as long as it may. */
const isFinal = ({ sqlState }: PsqlError): boolean => /^57/.test(sqlState ?? "");

/** How long planning may wait for a lock, of an index or the like. */
const planningSeconds = 2;

/** Reads a table as a dump does, and computes here the result that the server would compute. */
async function copyRows(session: PsqlSession, table: Table, proof: Proof): Promise<Counted> {
  const { apart, together } = hashedColumns(table);
  const columns = [...apart, ...together].map(({ name }) => identifier(name));
  const rows = new CopiedRows(apart.length, columns.length);
  const list = columns.length === 0 ? "" : ` (${columns.join(", ")})`;
  const encoding = await session.queryJson(z.string(), "SELECT to_json(getdatabaseencoding());");
  const sql = `COPY ${qualified(table)}${list} TO STDOUT (ENCODING '${encoding}')`;
  await session.stream(briefly(sql), (piece) => rows.take(piece));
  return { rows: rows.rows, hash: proof === "full" ? rows.hash : null };
}
