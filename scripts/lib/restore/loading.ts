import { dockerExec } from "../docker.ts";
import { formatBytes } from "../format.ts";
import { type QueryOptions, query } from "../psql.ts";
import { PsqlError } from "../psql-error.ts";
import { applicationName } from "../run-id.ts";
import { type Load, loadArchive } from "./load.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";
import { detachSubscriptions } from "./subscriptions.ts";

/**
 * Restores the file into the empty database `name`, in the way that suits its origin and this psql, and shows how far
 * it is. Subscriptions are cut from their slots, which are the live database's.
 * @param maintenance for a question in another database.
 * @throws RestoreError `load`, DockerError, PsqlError, InterruptedError
 */
export async function loadInto(
  run: RestoreRun,
  source: RestoreSource,
  name: string,
  maintenance: QueryOptions,
  signal: AbortSignal,
): Promise<void> {
  const { database, output } = run;
  const foreign = source.manifest === null || source.manifest.adopted;
  const way = await wayFor(run, source, foreign, maintenance);
  if (way === "plain" && foreign) {
    run.log.event(
      "warning",
      database.name,
      `this psql has no \\restrict: ${source.path} is trusted not to use psql's own commands`,
    );
  }
  let shown = -1;
  await loadArchive({
    archive: source.path,
    sha256: source.sha256,
    compression: source.compression,
    container: database.container,
    user: database.user,
    database: name,
    applicationName: applicationName(run.runId),
    way,
    signal,
    progress: (bytes) => {
      const percent = Math.floor((bytes / source.bytes) * 100);
      if (!output.interactive || percent === shown) return;
      shown = percent;
      const end = percent === 100 ? "\n" : "";
      process.stdout.write(`\rrestoring: ${percent} % of ${formatBytes(source.bytes)}${end}`);
    },
  });
  const subscriptions = await detachSubscriptions(database, name, { ...maintenance, signal });
  if (subscriptions.length === 0) return;
  const which = subscriptions.join(", ");
  const what = `subscriptions of ${name} are disabled and have no slot: ${which}; make them anew when it is live`;
  run.log.event("warning", database.name, what);
}

async function wayFor(
  run: RestoreRun,
  { compression }: RestoreSource,
  foreign: boolean,
  maintenance: QueryOptions,
): Promise<Load["way"]> {
  try {
    await query(run.database, "\\restrict probe\n\\unrestrict probe\nselect 1", maintenance);
  } catch (error) {
    if (error instanceof PsqlError && error.kind === "query") return "plain";
    throw error;
  }
  if (foreign) return "confined";
  // Every image has gzip.
  if (compression === "gzip") return "compressed";
  const found = await dockerExec(run.database.container, ["sh", "-c", "command -v zstd"], maintenance);
  return found.code === 0 ? "compressed" : "confined";
}
