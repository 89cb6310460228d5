import type { ServerFacts } from "../../contract/session-settings.ts";
import type { WithheldView } from "../archive/withheld-refreshes.ts";
import { ProgramError } from "../base/errors.ts";
import type { Uncompared } from "../content/uncompared.ts";
import { listViews, type ViewQuery } from "../content/view-queries.ts";
import { unseen } from "../postgres/event-triggers.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { identifier } from "../postgres/sql.ts";
import { RestoreError } from "./errors.ts";
import { connectingLimits, endWaiting } from "./other-servers.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Whether the dump may fill materialized views from another server. If that server does not answer, the load would
 * fail. A manifest of older programs only shows that there are such views and foreign tables.
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
): string => `SET default_transaction_read_only = off; SET row_security = off; SET max_parallel_workers_per_gather = 0;
SET statement_timeout = '${seconds}s';
SELECT pg_catalog.set_config(name, '', false) FROM pg_catalog.pg_settings
  WHERE name IN ('search_path', 'restrict_nonsystem_relation_kind') \\g /dev/null
`;

/**
 * Whether the dump may make event triggers that would fire when it fills materialized views. It fills the views after
 * it makes the triggers.
 */
export function mayFireEventTriggers(
  { manifest }: Pick<RestoreSource, "manifest">,
  { leavesOutEventTriggers }: Pick<ServerFacts, "leavesOutEventTriggers">,
): boolean {
  if (leavesOutEventTriggers) return false;
  const objects = manifest?.content?.objects;
  if (objects === undefined) return true;
  const has = (kind: string) => (objects[kind]?.count ?? 0) > 0;
  return has("eventTriggers") && has("materializedViews");
}

/**
 * Fills materialized views whose statements were withheld from a dump; no event trigger fires. A view that reads
 * another server has a time limit. Any other view may take as long as in the load.
 * @param inside how to ask in the database.
 * @returns the views that another server could not fill, with the reason; they stay empty.
 * @throws RestoreError `load` if a view cannot be filled for another reason; DockerError, InterruptedError
 */
export async function fillViews(
  run: RestoreRun,
  { path }: Pick<RestoreSource, "path">,
  withheld: readonly WithheldView[],
  inside: Server,
): Promise<Uncompared[]> {
  if (withheld.length === 0) return [];
  const views = await viewsIn(inside);
  const empty: Uncompared[] = [];
  for (const each of withheld) {
    const schema = textOf(each.schema);
    const name = textOf(each.name);
    const [elsewhere] = views.find((view) => view.schema === schema && view.name === name)?.elsewhere ?? [];
    // Never the file's own text: this psql is not confined.
    const statement = `REFRESH MATERIALIZED VIEW ${identifier(schema)}.${identifier(name)};`;
    try {
      if (elsewhere === undefined) await inside.query(asInLoad(0) + unseen(statement));
      else await fillFromElsewhere(run, statement, inside);
    } catch (error) {
      run.signal.throwIfAborted();
      inside.signal?.throwIfAborted();
      if (elsewhere === undefined) {
        if (!(error instanceof PsqlError) || error.kind !== "query") throw error;
        throw new RestoreError(
          "load",
          `${path} could not be restored: ${statement} ${error.message} [DBK-RESTORE-4]`,
          error,
        );
      }
      if (!(error instanceof ProgramError)) throw error;
      // This also ends the restore if this server itself does not answer.
      await endWaiting(inside, "REFRESH");
      const why = `it reads ${elsewhere}, and could not be tried without the other server`;
      empty.push({ what: `materialized view ${schema}.${name}`, why });
    }
  }
  return empty;
}

/** Limits the connection to the other server, which may have no limit of its own, and the whole statement. */
async function fillFromElsewhere({ settings }: RestoreRun, statement: string, inside: Server): Promise<void> {
  const timeoutSeconds = settings.timeouts.query;
  const limited = unseen(`:limit\n${statement}\n:unlimit`);
  await inside.within(timeoutSeconds).query(`${asInLoad(timeoutSeconds)}${connectingLimits}${limited}`);
}

async function viewsIn(inside: Server): Promise<ViewQuery[]> {
  const session = new PsqlSession(inside);
  try {
    await session.query("SET search_path = ''");
    return await listViews(session);
  } finally {
    await session.close();
  }
}

/** If the database's encoding is not UTF-8, the bytes are read as Latin-1. */
function textOf(name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return name;
  }
}
