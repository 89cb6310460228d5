import * as z from "zod/mini";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlError } from "../postgres/psql-error.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";
import { chunks, dumpedOfAnyKind, qualified } from "./tables.ts";

/** A relation that a dump reads by name: a table, a partitioned table, or a sequence that no table owns. */
const Relation = z.object({
  oid: z.int(),
  kind: z.literal(["r", "p", "S"]),
  schema: z.string(),
  name: z.string(),
  /** A dump may leave an extension's own table without a lock. */
  extension: z.boolean(),
});
export type Relation = z.infer<typeof Relation>;

/**
 * Few columns, because every millisecond counts until the tables are locked. Small and new ones first: they are the
 * most likely to be dropped.
 */
export const relationsQuery = `
SELECT ${jsonList(`json_build_object('oid', c.oid::bigint, 'kind', c.relkind, 'schema', n.nspname,
    'name', c.relname, 'extension', e.oid IS NOT NULL) ORDER BY c.relpages, c.oid DESC`)}${dumpedOfAnyKind}
  AND (c.relkind IN ('r', 'p') OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend o
    WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')))`;

export const parseRelations = (text: string): Relation[] => z.parse(z.array(Relation), JSON.parse(text));

/** PostgreSQL's error codes for an object that was just dropped, and for the victim of a deadlock. */
const passing = new Set(["42P01", "3F000", "42809", "XX000", "40P01"]);

/**
 * Takes the weakest lock on the relations of a dump. A sequence cannot be locked; reading it has the same effect.
 * @param before statements to run immediately before, if there is something to lock.
 * @returns null, or the error after which another attempt may succeed: a relation was gone.
 * @throws PsqlError for other errors, such as a lock that another session held for too long.
 */
export async function hold(
  session: PsqlSession,
  relations: readonly Relation[],
  before = "",
): Promise<PsqlError | null> {
  const tables = relations.filter(({ kind }) => kind !== "S");
  const sequences = relations.filter(({ kind }) => kind === "S");
  const statements = [
    ...chunks(tables).map((some) => {
      const names = some.map((table) => `ONLY ${qualified(table)}`);
      return `LOCK TABLE ${names.join(", ")} IN ACCESS SHARE MODE`;
    }),
    ...chunks(sequences).map((some) =>
      some.map((sequence) => `SELECT FROM ${qualified(sequence)} WHERE false`).join(" UNION ALL "),
    ),
  ];
  for (const [index, statement] of statements.entries()) {
    const answer = await session.attempt(statement, index === 0 ? before : "");
    if (typeof answer === "string") continue;
    if (passing.has(answer.sqlState ?? "")) return answer;
    throw answer;
  }
  return null;
}

const oidsOf = (relations: readonly Pick<Relation, "oid">[]) => relations.map(({ oid }) => oid).join(",");

/**
 * Finds the relations that differ from the transaction's snapshot: dropped, renamed, or rewritten by a command that
 * ignores snapshots (TRUNCATE, REFRESH, an ALTER TABLE that rewrites). The functions look at the present, the query at
 * the snapshot.
 */
export async function changed(
  session: PsqlSession,
  relations: readonly Pick<Relation, "oid">[],
): Promise<number[]> {
  if (relations.length === 0) return [];
  return session.queryJson(
    z.array(z.int()),
    briefly(`SELECT ${jsonList(`c.oid::bigint`)} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ('{${oidsOf(relations)}}'::oid[]) AND (
  c.oid::regclass::text <> format('%I.%I', n.nspname, c.relname)
  OR c.relkind IN ('r', 'm') AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode)`),
  );
}

/** The tables for which another session waits. */
export const waitedFor = (
  session: PsqlSession,
  relations: readonly Pick<Relation, "oid">[],
): Promise<number[]> =>
  session.queryJson(
    z.array(z.int()),
    briefly(`SELECT ${jsonList("DISTINCT relation::bigint")} FROM pg_locks
WHERE NOT granted AND relation = ANY ('{${oidsOf(relations)}}'::oid[])`),
  );
