import { PsqlError } from "../psql-error.ts";
import type { PsqlSession } from "../psql-session.ts";
import type { MaterializedView, Proof } from "./content.ts";
import type { SnapshotReader } from "./snapshot-reader.ts";
import { qualified } from "./tables.ts";
import { fixTextForms, onlyTables } from "./text-forms.ts";
import { type Evaluated, evaluateView, readStored } from "./view-evaluation.ts";
import { listViews, type ViewQuery } from "./view-queries.ts";

/** How a snapshot's views are read. */
export interface ViewReading {
  reader: SnapshotReader;
  /** What each question to `reader` may take. */
  timeoutSeconds: number;
  proof: Proof;
}

type View = Pick<ViewQuery, "schema" | "name" | "inner">;
const nameOf = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`;

/** Views before those that read them. */
export const innerFirst = <T extends View>(views: readonly T[]): T[] =>
  [...views].sort((a, b) => a.inner.length - b.inner.length);

/**
 * What the materialized views of a snapshot are after a restore, which fills each anew by its query: what is stored in
 * them may be older. Those whose content a restore may rightly make another are named with the reason.
 * @throws DockerError, InterruptedError; PsqlError when they cannot be listed.
 */
export async function evaluateViews(reading: ViewReading): Promise<MaterializedView[]> {
  const views = innerFirst(await reading.reader.read(listViews));
  const done = new Map<string, MaterializedView>();
  for (const view of views) {
    const inner = view.inner.map((each) => done.get(qualified(each)));
    const { schema, name } = view;
    // A dump leaves one empty that reads one which is empty.
    const populated = view.populated && inner.every((each) => each === undefined || each.populated);
    const found = populated ? await judge(reading, view, inner) : { rows: null, hash: null };
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

async function judge(
  reading: ViewReading,
  view: ViewQuery,
  inner: readonly (MaterializedView | undefined)[],
): Promise<Judged> {
  const { reader, proof, timeoutSeconds } = reading;
  const evaluate = (otherwise: boolean) =>
    reader.read((session) => evaluateView(session, view, proof === "full", otherwise));
  const [elsewhere] = view.elsewhere;
  if (elsewhere !== undefined) return unknown(`it reads ${elsewhere}`, true);
  const [moment] = view.moments;
  if (moment !== undefined)
    return unknown(`its query uses ${moment}: it may give something else after a restore`);
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
    return unknown(failure(error, timeoutSeconds));
  }
}

/** Why a query gave nothing; the message of PostgreSQL may hold a value and is left out. */
function failure(error: unknown, timeoutSeconds: number): string {
  if (!(error instanceof PsqlError)) throw error;
  if (error.sqlState === "57014") return `its query takes longer than ${timeoutSeconds} s`;
  return `its query could not be evaluated for the backup (${error.sqlState ?? "the connection was lost"})`;
}

/** The query reads what is stored in other views: a restore has refreshed those before. */
async function staleInner(
  { reader, proof }: ViewReading,
  inner: readonly (MaterializedView | undefined)[],
): Promise<string | null> {
  for (const view of inner) {
    if (view === undefined) return "an extension's materialized view";
    if (view.uncompared !== undefined) return `${nameOf(view)}, which is not compared either`;
    if (proof === "rows") return `${nameOf(view)}, of which only rows are counted`;
    const stored = await reader.read(async (session): Promise<Evaluated> => {
      await session.query(`${fixTextForms};\n${onlyTables}`);
      const listed = (await listViews(session)).find((each) => nameOf(each) === nameOf(view));
      return listed === undefined ? { rows: 0, hash: null } : readStored(session, listed, true);
    });
    if (stored.rows !== view.rows || stored.hash !== view.hash)
      return `${nameOf(view)}, which was not refreshed since its tables changed`;
  }
  return null;
}

/** What is stored in the materialized views of a database that was just restored. */
export async function readViews(session: PsqlSession, proof: Proof): Promise<MaterializedView[]> {
  const views: MaterializedView[] = [];
  for (const view of innerFirst(await listViews(session))) {
    const { schema, name, populated } = view;
    const stored = populated ? await readStored(session, view, proof === "full") : { rows: null, hash: null };
    views.push({ schema, name, populated, ...stored });
  }
  return views;
}
