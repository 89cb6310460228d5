import * as z from "zod/mini";
import { replicating, silencing } from "../postgres/event-triggers.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { identifier, literal } from "../postgres/sql.ts";
import { qualified, rowHash } from "./tables.ts";
import { fixTextForms, textFormSettings } from "./text-forms.ts";
import type { ViewQuery } from "./view-queries.ts";

const Evaluated = z.object({ rows: z.int(), hash: z.nullable(z.string()) });
/** The number of rows of a query, and the sum of their hashes; null if only rows were counted. */
export type Evaluated = z.infer<typeof Evaluated>;

/**
 * Settings that force another plan. Rows then come in another order, as they may in a restore, which has no indexes or
 * statistics yet.
 */
const otherPlan = ["hashagg", "hashjoin", "nestloop", "indexscan", "indexonlyscan", "bitmapscan"]
  .map((name) => `SET LOCAL enable_${name} = off`)
  .join("; ");

/** A relation that a query reads is no longer what the snapshot sees. */
export class Changed extends Error {}

/**
 * The content that REFRESH MATERIALIZED VIEW would give the view. Its query runs as in a restore: with the settings of
 * database and role, as its owner, unable to change its role. It runs in a function that no other session sees. A
 * second function turns the complete result into text, with settings that are always the same. It belongs to the owner
 * too: if the view, its type or a cast was replaced meanwhile, the replacement runs with the owner's rights, not with
 * ours. The transaction cannot write, and is rolled back.
 * @param session in a transaction that may still write, with an empty search_path, where `firingQuery` has none.
 * @param otherwise with another plan.
 * @throws Changed if another relation has replaced the view; PsqlError, DockerError, InterruptedError
 */
export async function evaluateView(
  session: PsqlSession,
  view: ViewQuery,
  hashed: boolean,
  otherwise: boolean,
): Promise<Evaluated> {
  const written = `SELECT to_json(coalesce(pg_get_viewdef(${literal(qualified(view))}::regclass), ''));`;
  const definition = await session.queryJson(z.string(), written);
  await session.query(
    [
      "SET LOCAL row_security = off; SET LOCAL xmloption = content; SET LOCAL check_function_bodies = off",
      ...(otherwise ? [otherPlan] : []),
      // Event triggers must not see the functions.
      `${replicating("replica")} \\g /dev/null`,
      `CREATE FUNCTION ${evaluated} RETURNS SETOF ${qualified(view)} ${asItsOwner} AS ${literal(definition)}`,
      ...ownedLike(view, evaluated),
      fixTextForms,
      ...summing(view, evaluated, hashed),
      `${replicating("origin")} \\g /dev/null`,
      "SET TRANSACTION READ ONLY",
    ].join(";\n"),
  );
  const same = `SELECT to_json(EXISTS (SELECT FROM pg_proc p JOIN pg_type t ON t.oid = prorettype
    WHERE p.oid = '${evaluated}'::regprocedure AND typrelid = ${view.oid}));`;
  if (!(await session.queryJson(z.boolean(), same))) throw new Changed();
  return session.queryJson(Evaluated, `SELECT ${summed};`);
}

const evaluated = "pg_temp.evaluated()";
const summed = "pg_temp.summed()";

/** Such a function is never inlined, and cannot change its role. */
const asItsOwner = `LANGUAGE sql SECURITY DEFINER SET search_path = '' ${textFormSettings.map((name) => `SET ${name} FROM CURRENT`).join(" ")}`;

const ownedLike = ({ ours, owner }: Pick<ViewQuery, "ours" | "owner">, name: string): string[] =>
  ours ? [] : [`ALTER FUNCTION ${name} OWNER TO ${identifier(owner)}`];

/** The statements that make the function that adds up a view's rows as its owner. */
const summing = (
  view: Pick<ViewQuery, "columns" | "ours" | "owner">,
  from: string,
  hashed: boolean,
): string[] => [
  `CREATE FUNCTION ${summed} RETURNS json ${asItsOwner} AS ${literal(totals(view, from, hashed))}`,
  ...ownedLike(view, summed),
];

type Stored = Pick<ViewQuery, "schema" | "name" | "columns" | "owner" | "ours" | "trusted">;

/**
 * The stored content of a view, whatever its query would give now. For planning, PostgreSQL runs functions in its
 * indexes. So this runs as the view's owner, unless that is a superuser or the session's user. No event trigger fires.
 * @param session in a transaction that may still write, with fixed text forms; where `firingQuery` has none, unless
 * `restored`.
 * @param restored whether no other session uses the database: then an owner without the right to read the view may get
 * it.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function readStored(
  session: PsqlSession,
  view: Stored,
  hashed: boolean,
  restored: boolean,
): Promise<Evaluated> {
  const from = `ONLY ${qualified(view)}`;
  if (view.trusted) return session.queryJson(Evaluated, `${totals(view, from, hashed)};`);
  const owner = identifier(view.owner);
  const grants = [
    `GRANT USAGE ON SCHEMA ${identifier(view.schema)} TO ${owner}`,
    `GRANT SELECT ON ${qualified(view)} TO ${owner}`,
  ];
  const made = summing(view, from, hashed);
  const quietly = restored
    ? [`${silencing}:silence`, ...grants, ...made]
    : [`${replicating("replica")} \\g /dev/null`, ...made, `${replicating("origin")} \\g /dev/null`];
  const begin = "SAVEPOINT stored; SET LOCAL check_function_bodies = off";
  await session.query([begin, ...quietly].join(";\n"));
  const stored = await session.queryJson(Evaluated, `SELECT ${summed};`);
  await session.query("ROLLBACK TO SAVEPOINT stored");
  return stored;
}

const totals = ({ columns }: Pick<ViewQuery, "columns">, from: string, hashed: boolean): string =>
  `SELECT json_build_object('rows', count(*), 'hash', ${hashed ? `coalesce(sum(${rowHash({ columns })}), 0)::text` : "NULL"}) FROM ${from} AS t`;
