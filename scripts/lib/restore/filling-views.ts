import type { Uncompared } from "../content/uncompared.ts";
import { listViews } from "../content/view-queries.ts";
import { type QueryOptions, query } from "../psql.ts";
import { PsqlError } from "../psql-error.ts";
import { PsqlSession } from "../psql-session.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Whether the dump may fill materialized views from another server, which would end its load where that server does not
 * answer. A manifest of older programs only tells that there are such views and foreign tables.
 */
export function mayNeedAnotherServer({ manifest }: Pick<RestoreSource, "manifest">): boolean {
  const content = manifest?.content ?? null;
  if (content === null) return true;
  const { extensions, materializedViews, objects } = content;
  if (materializedViews !== undefined)
    return materializedViews.some(({ uncompared }) => uncompared?.otherServer === true);
  const has = (kind: string) => (objects[kind]?.count ?? 0) > 0;
  const reaches = has("foreignTables") || extensions.some(({ name }) => name === "dblink");
  return has("materializedViews") && reaches;
}

/** As in the dump's own session. */
const asInLoad = (
  seconds: number,
): string => `SET default_transaction_read_only = off; SET row_security = off;
SET statement_timeout = '${seconds}s';
SELECT pg_catalog.set_config(name, '', false) FROM pg_catalog.pg_settings
  WHERE name IN ('search_path', 'restrict_nonsystem_relation_kind') \\g /dev/null
`;

/**
 * Fills materialized views by statements that were withheld from a dump.
 * @param inside how to ask in the database.
 * @returns those that another server would have to fill, and why it could not; they stay empty.
 * @throws RestoreError `load` for one that cannot be filled for another reason; DockerError, InterruptedError
 */
export async function fillViews(
  { database, settings }: RestoreRun,
  { path }: Pick<RestoreSource, "path">,
  statements: readonly string[],
  inside: QueryOptions,
): Promise<Uncompared[]> {
  const failed = new Map<string, PsqlError>();
  for (const statement of statements) {
    try {
      await query(database, asInLoad(settings.timeouts.query) + textOf(statement), inside);
    } catch (error) {
      if (!(error instanceof PsqlError) || error.kind !== "query") throw error;
      failed.set(textOf(statement), error);
    }
  }
  if (failed.size === 0) return [];
  const session = new PsqlSession(database, inside);
  try {
    await session.query("SET search_path = ''");
    const views = await listViews(session);
    return [...failed].map(([statement, error]) => {
      const view = views.find(({ written }) => statement === `REFRESH MATERIALIZED VIEW ${written};`);
      const [elsewhere] = view?.elsewhere ?? [];
      if (view === undefined || elsewhere === undefined)
        throw new RestoreError("load", `${path} could not be restored: ${statement} ${error.message}`, error);
      return {
        what: `materialized view ${view.schema}.${view.name}`,
        why: `it reads ${elsewhere}, and could not be tried without the other server`,
      };
    });
  } finally {
    await session.close();
  }
}

/** Of a database whose encoding is not UTF-8 the bytes are taken for Latin-1. */
function textOf(statement: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(statement, "latin1"));
  } catch {
    return statement;
  }
}
