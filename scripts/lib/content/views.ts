import * as z from "zod/mini";
import type { MaterializedView, Proof } from "../../contract/content.ts";
import { firingQuery } from "../postgres/event-triggers.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { changed } from "./held-relations.ts";
import { type SnapshotReader, temporaryFiles } from "./snapshot-reader.ts";
import { qualified } from "./tables.ts";
import { fixTextForms, onlyTables } from "./text-forms.ts";
import { Changed, type Evaluated, evaluateView, readStored } from "./view-evaluation.ts";
import { listViews, type ViewQuery } from "./view-queries.ts";

/** The way of reading a snapshot's views. */
export interface ViewReading {
  reader: SnapshotReader;
  /** The time limit of each query to `reader`. */
  timeoutSeconds: number;
  /** The end of the time for all views, by performance.now(). */
  until: number;
  proof: Proof;
}

type View = Pick<ViewQuery, "schema" | "name" | "inner">;
const nameOf = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`;

/** Views before those that read them. */
export const innerFirst = <T extends View>(views: readonly T[]): T[] =>
  [...views].sort((a, b) => a.inner.length - b.inner.length);

/**
 * The content that the materialized views of a snapshot will have after a restore, which fills each by its query: their
 * stored content may be older. Views whose content may rightly change in a restore are listed with the reason.
 * @throws DockerError, InterruptedError; PsqlError if they cannot be listed.
 */
export async function readMaterializedViews(reading: ViewReading): Promise<MaterializedView[]> {
  const views = innerFirst(await reading.reader.read(listViews));
  const done = new Map<string, MaterializedView>();
  let locked = false;
  for (const view of views) {
    const inner = view.inner.map((each) => done.get(qualified(each)));
    const { schema, name } = view;
    // A dump leaves a view empty that reads an empty view.
    const populated = view.populated && inner.every((each) => each === undefined || each.populated);
    const found: Judged = populated
      ? await judge({ ...reading, locked }, view, inner)
      : { rows: null, hash: null };
    locked ||= found === tableLocked;
    done.set(qualified(view), { schema, name, populated, ...found });
  }
  return views.flatMap((view) => done.get(qualified(view)) ?? []);
}

type Judged = Omit<MaterializedView, "schema" | "name" | "populated">;

const unknown = (why: string, otherServer = false): Judged => ({
  rows: null,
  hash: null,
  uncompared: { why, otherServer },
});

const tableLocked = unknown("a table stayed locked");
const noTime = unknown("no time was left");

/** More, with their indexes, might not fit into the server's lock table. */
const mostLocks = 250;

/** An event trigger of the live database would fire when a view is evaluated, and a backup must not write. */
class Firing extends Error {}

/** The objects created to evaluate a view. */
const making = firingQuery(["CREATE FUNCTION", "ALTER FUNCTION"]);

/** A query with the remaining time as limit. @throws Firing */
async function ask<T>(
  { reader, timeoutSeconds, until }: ViewReading,
  work: (session: PsqlSession) => Promise<T>,
): Promise<T> {
  const firing = await reader.present((session) => session.queryJson(z.nullable(z.string()), making));
  if (firing !== null) throw new Firing(firing);
  return reader.read(async (session) => {
    const left = Math.min(timeoutSeconds * 1000, until - performance.now());
    await session.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.ceil(left))};`);
    return work(session);
  });
}

async function judge(
  reading: ViewReading & { locked: boolean },
  view: ViewQuery,
  inner: readonly (MaterializedView | undefined)[],
): Promise<Judged> {
  const { proof } = reading;
  const evaluate = (otherwise: boolean) =>
    ask(reading, async (session) => {
      const evaluated = await evaluateView(session, view, proof === "full", otherwise);
      // The snapshot's session has released its locks by now.
      if ((await changed(session, view.reads)).length > 0) throw new Changed();
      return evaluated;
    });
  const [elsewhere] = view.elsewhere;
  if (elsewhere !== undefined) return unknown(`it reads ${elsewhere}`, true);
  const [moment] = view.moments;
  if (moment !== undefined)
    return unknown(`its query uses ${moment}: it may give something else after a restore`);
  const [other] = view.others;
  if (other !== undefined)
    return unknown(`its owner is a superuser, and it uses ${other}, which others may change: it is not run`);
  if (view.locks > mostLocks)
    return unknown(`its query locks ${view.locks} tables and indexes, more than ${mostLocks}`);
  // Other sessions may wait for the snapshot's own locks, so only one view is waited for.
  if (reading.locked) return tableLocked;
  if (performance.now() >= reading.until) return noTime;
  try {
    const stale = await staleInner(reading, inner);
    if (stale !== null) return unknown(`it reads ${stale}`);
    const [inexact] = view.inexact;
    const first = await evaluate(false);
    if (proof === "rows") return first;
    if (inexact !== undefined) {
      const why = `only its rows were counted: ${inexact} of floating-point numbers depends on their order`;
      return { rows: first.rows, hash: null, uncompared: { why, otherServer: false } };
    }
    const second = await evaluate(true);
    if (first.rows === second.rows && first.hash === second.hash) return first;
    return unknown("two evaluations of its query gave different rows");
  } catch (error) {
    return failure(error, reading);
  }
}

/** Why a query failed. PostgreSQL's message may hold a value and is left out. */
function failure(error: unknown, { timeoutSeconds, until }: ViewReading): Judged {
  if (error instanceof Firing)
    return unknown(`to run its query would fire the event trigger ${error.message}`);
  if (error instanceof Changed) return unknown("a table that it reads was changed during the backup");
  if (!(error instanceof PsqlError)) throw error;
  if (error.sqlState === "55P03") return tableLocked;
  if (error.sqlState === "57014" && performance.now() >= until) return noTime;
  if (error.sqlState === "57014") return unknown(`its query takes longer than ${timeoutSeconds} s`);
  if (error.sqlState === "53400")
    return unknown(`its query needs more than ${temporaryFiles} of temporary files`);
  const why = error.sqlState ?? "the connection was lost";
  return unknown(`its query could not be evaluated for the backup (${why})`);
}

/** The query reads the stored content of other views, which a restore has refreshed before. */
async function staleInner(
  reading: ViewReading,
  inner: readonly (MaterializedView | undefined)[],
): Promise<string | null> {
  const { proof } = reading;
  for (const view of inner) {
    if (view === undefined) return "an extension's materialized view";
    if (view.uncompared !== undefined) return `${nameOf(view)}, which is not compared either`;
    if (proof === "rows") return `${nameOf(view)}, of which only rows are counted`;
    const stored = await ask(reading, async (session): Promise<Evaluated> => {
      await session.query(`${fixTextForms};\n${onlyTables}`);
      const listed = (await listViews(session)).find((each) => nameOf(each) === nameOf(view));
      return listed === undefined ? { rows: 0, hash: null } : readStored(session, listed, true, false);
    });
    if (stored.rows !== view.rows || stored.hash !== view.hash)
      return `${nameOf(view)}, which was not refreshed since its tables changed`;
  }
  return null;
}

/** The stored content of the materialized views of a database that was just restored. */
export async function readViews(session: PsqlSession, proof: Proof): Promise<MaterializedView[]> {
  const views: MaterializedView[] = [];
  for (const view of innerFirst(await listViews(session))) {
    const { schema, name, populated } = view;
    const stored = populated
      ? await readStored(session, view, proof === "full", true)
      : { rows: null, hash: null };
    views.push({ schema, name, populated, ...stored });
  }
  return views;
}
