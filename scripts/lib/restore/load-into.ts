import { identified } from "../../contract/error-ids.ts";
import { undoneInContainer } from "../archive/format.ts";
import { type Load, LoadFailure, loadArchive, readLoad } from "../archive/load.ts";
import { WithheldRefreshes } from "../archive/withheld-refreshes.ts";
import { formatBytes } from "../base/format.ts";
import type { Uncompared } from "../content/uncompared.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { RestoreError } from "./errors.ts";
import { fillViews, mayFireEventTriggers, mayNeedAnotherServer } from "./filling-views.ts";
import { KeepGoing, type NotLoadedList } from "./keep-going.ts";
import { loadError } from "./load-report.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

const isForeign = ({ manifest }: RestoreSource): boolean => manifest === null || manifest.adopted;

/** The parts of a run that a load needs; progress goes to the terminal. */
async function loadOf(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  way: Load["way"],
  signal: AbortSignal,
): Promise<Load> {
  const { database, output } = run;
  if (way === "plain" && isForeign(source)) {
    run.log.event(
      "warning",
      database.name,
      `psql in the container does not support \\restrict, so psql commands in ${source.path} would run; update the image [DBK-RESTORE-12]`,
    );
  }
  const inside = run.server.in(name, signal).within(null);
  const facts = await inside.facts();
  let shown = -1;
  return {
    archive: source.path,
    sha256: source.sha256,
    format: source.format,
    server: database,
    facts,
    database: name,
    applicationName: inside.applicationName,
    way,
    signal,
    progress: (bytes) => {
      const percent = Math.floor((bytes / source.bytes) * 100);
      if (!output.interactive || percent === shown) return;
      shown = percent;
      const end = percent === 100 ? "\n" : "";
      process.stdout.write(`\rrestoring: ${percent} % of ${formatBytes(source.bytes)}${end}`);
    },
  };
}

/**
 * Restores the file into the empty database `name` and shows the progress.
 * @param way see loadingWay.
 * @returns materialized views that stay empty because another server could not fill them.
 * @throws RestoreError `load`, DockerError, InterruptedError
 */
export async function loadInto(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  way: Load["way"],
  signal: AbortSignal,
): Promise<Uncompared[]> {
  const inside = run.server.in(name, signal).within(null);
  const withholds = mayNeedAnotherServer(source) || mayFireEventTriggers(source, await inside.facts());
  const withheld = withholds ? new WithheldRefreshes() : null;
  const travels = withheld !== null && way === "compressed" ? "confined" : way;
  try {
    const load = await loadOf(run, source, name, travels, signal);
    await loadArchive(withheld === null ? load : { ...load, withheld });
  } catch (error) {
    if (!(error instanceof LoadFailure)) throw error;
    throw await loadError(run, source, travels, error);
  }
  return withheld === null ? [] : fillViews(run, source, withheld.views, inside);
}

/**
 * The same, but continues after errors.
 * @returns the parts that could not be loaded.
 * @throws as `loadInto`, for what ends a load at once
 */
export async function loadAsFarAsPossible(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  way: Load["way"],
  signal: AbortSignal,
): Promise<NotLoadedList> {
  const end = new AbortController();
  const load = await loadOf(run, source, name, way, AbortSignal.any([signal, end.signal]));
  const keepGoing = new KeepGoing(load, way !== "plain");
  try {
    await readLoad(load, (text) => keepGoing.take(text));
    await keepGoing.end();
    return keepGoing.failed;
  } catch (error) {
    signal.throwIfAborted();
    const what = `${source.path} could not be restored: `;
    if (error instanceof LoadFailure)
      throw new RestoreError("load", identified(`${what}${error.message}`, "[DBK-RESTORE-4]"), error);
    throw error;
  } finally {
    end.abort();
  }
}

/**
 * The way of loading for a file's origin, its format, and the programs in the container.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function loadingWay(server: Server, source: RestoreSource): Promise<Load["way"]> {
  try {
    await server.query("\\restrict probe\n\\unrestrict probe\nselect 1");
  } catch (error) {
    if (error instanceof PsqlError && error.kind === "query") return "plain";
    throw error;
  }
  if (isForeign(source)) return "confined";
  const layer = undoneInContainer(source.format);
  if (layer === null) return "confined";
  if (!layer.mayLack) return "compressed";
  const found = await server.exec(["sh", "-c", `command -v ${layer.id}`]);
  return found.code === 0 ? "compressed" : "confined";
}
