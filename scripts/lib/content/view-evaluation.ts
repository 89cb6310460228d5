import * as z from "zod/mini";
import type { PsqlSession } from "../psql-session.ts";
import { identifier, literal } from "../sql.ts";
import { qualified, rowHash } from "./tables.ts";
import { fixTextForms, textFormSettings } from "./text-forms.ts";
import type { ViewQuery } from "./view-queries.ts";

const Evaluated = z.object({ rows: z.int(), hash: z.nullable(z.string()) });
/** How many rows a query gives, and the sum of their hashes; null where only rows were counted. */
export type Evaluated = z.infer<typeof Evaluated>;

/**
 * Ways to make a plan otherwise: rows then come in another order, as they may after a restore, which has no indexes yet
 * and no statistics.
 */
const otherPlan = ["hashagg", "hashjoin", "nestloop", "indexscan", "indexonlyscan", "bitmapscan"]
  .map((name) => `SET LOCAL enable_${name} = off`)
  .join("; ");

/**
 * What REFRESH MATERIALIZED VIEW would put into the view. Its query runs as in a restore: with the settings of database
 * and role, as its owner, without a way to become somebody else. A function does that, which nobody else ever sees; its
 * result is complete before its first row is turned into text, with settings that are always the same. The transaction
 * cannot write, and is rolled back.
 * @param session in a transaction that may still write, with an empty search_path.
 * @param otherwise with another plan.
 * @throws PsqlError, DockerError, InterruptedError
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
      // Event triggers must not see the function.
      `${replicating("replica")} \\g /dev/null`,
      `CREATE FUNCTION pg_temp.evaluated() RETURNS SETOF ${qualified(view)} LANGUAGE sql SECURITY DEFINER SET search_path = ''
${textFormSettings.map((name) => `SET ${name} FROM CURRENT`).join(" ")} AS ${literal(definition)}`,
      ...(view.ours ? [] : [`ALTER FUNCTION pg_temp.evaluated() OWNER TO ${identifier(view.owner)}`]),
      `${replicating("origin")} \\g /dev/null`,
      `SET TRANSACTION READ ONLY; ${fixTextForms}`,
    ].join(";\n"),
  );
  return session.queryJson(Evaluated, totals(view, "pg_temp.evaluated()", hashed));
}

const replicating = (role: string): string =>
  `SELECT set_config('session_replication_role', '${role}', true) WHERE current_setting('is_superuser') = 'on'`;

/** What is in a view, whatever its query would give now. @throws PsqlError, DockerError, InterruptedError */
export const readStored = (
  session: PsqlSession,
  view: Pick<ViewQuery, "schema" | "name" | "columns">,
  hashed: boolean,
): Promise<Evaluated> => session.queryJson(Evaluated, totals(view, `ONLY ${qualified(view)}`, hashed));

const totals = ({ columns }: Pick<ViewQuery, "columns">, from: string, hashed: boolean): string =>
  `SELECT json_build_object('rows', count(*), 'hash', ${hashed ? `coalesce(sum(${rowHash({ columns })}), 0)::text` : "NULL"}) FROM ${from} AS t;`;
