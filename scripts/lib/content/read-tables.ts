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

/** Of one statement: the tables', their indexes' and those of what keeps their long values. */
const mostLocks = 100;
/** Whether a table is read as a dump reads it; the rows of extensions' tables are chosen by a query, also in a dump. */
const isCopied = ({ condition, trusted }: Table): boolean => !trusted && condition === "";

const locksOf = (table: Table): number => (isCopied(table) ? mostLocks : table.indexes + 3);

/**
 * Reads every table once, in the tables' order. PostgreSQL plans with what stands in a table's indexes and statistics,
 * and runs the functions there with the rights of who asks. The table's owner may put in others at any moment, so that
 * only tables of superusers, and one's own, are read by a query. COPY plans nothing.
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

/** Neighbours that take no more locks than one statement may. */
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
 * PostgreSQL plans with what stands in a table's indexes, statistics and the like, and takes the bodies of their
 * functions apart or runs them. One that finds what it needs by the application's search_path, or by its settings,
 * fails here, though a dump, which plans nothing, succeeds.
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

/** An operator who ends the query, or its time: no matter of planning. For locks, COPY waits as long as it may. */
const isFinal = ({ sqlState }: PsqlError): boolean => /^57/.test(sqlState ?? "");

/** How long planning may wait for a lock, of an index or the like. */
const planningSeconds = 2;

/** Reads a table as a dump does, and computes here what the server would. */
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
