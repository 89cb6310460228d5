import { join } from "node:path";
import { takeBackup } from "../backup.ts";
import type { Content } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { lockDatabase } from "../dead-runs.ts";
import { requireRunning } from "../docker.ts";
import { dropLeftovers } from "../leftover-databases.ts";
import type { Lock } from "../lock.ts";
import type { Manifest } from "../manifest.ts";
import { applicationName } from "../run-id.ts";
import { restoreBeside } from "./beside.ts";
import { changedTables } from "./changes.ts";
import { confirm } from "./confirmation.ts";
import { RestoreError } from "./errors.ts";
import { restoreInPlace } from "./in-place.ts";
import { type InPlaceState, removeInPlaceState, unfinishedInPlace } from "./in-place-state.ts";
import { takeLiveName } from "./live-name.ts";
import { type LiveServer, readLiveServer } from "./live-server.ts";
import { restoreOverview } from "./overview.ts";
import type { DatabaseProperties } from "./properties.ts";
import { refuseDrop, refuseUnfit } from "./refusals.ts";
import { type RestoreReport, replacementText, summary } from "./report.ts";
import { questionOptions, type RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";
import { orInPlace, requireSpaceBeside } from "./space-check.ts";

export interface RestoreWish {
  source: RestoreSource;
  /** Nobody has to type the name. */
  confirmed: boolean;
  inPlace: boolean;
}

/** Reads what the server is like. Nothing is touched. */
export async function surveyServer(run: RestoreRun): Promise<LiveServer> {
  const { database, settings, signal } = run;
  const timeoutSeconds = settings.timeouts.query;
  const asking = { applicationName: applicationName(run.runId), timeoutSeconds, signal };
  const [running, server] = await Promise.allSettled([
    requireRunning(database.container, { timeoutSeconds, signal }),
    readLiveServer(database, asking),
  ]);
  // Docker explains more than psql.
  if (running.status === "rejected") throw running.reason;
  if (server.status === "rejected") throw server.reason;
  return server.value;
}

/** @throws LockedError when a living run holds the database's lock. */
export const lockForRestore = ({ database, log, runId, settings, signal }: RestoreRun): Promise<Lock> =>
  lockDatabase(settings, database, { program: "restore_database", runId, log, signal });

/**
 * Restores a verified file: refusals, overview and confirmation first, then lock, pre-restore backup and restore.
 * @throws ProgramError with the exit code that fits
 */
export async function restoreFile(run: RestoreRun, wish: RestoreWish): Promise<RestoreReport> {
  const { database, log, output, settings, signal } = run;
  const { source } = wish;
  const surveyed = await surveyServer(run);
  refuseUnfit(source, surveyed, database, true);
  if (wish.inPlace) refuseDrop(source, surveyed, database);
  const unfinished = unfinishedInPlace(settings, database, surveyed);
  propertiesFor(run, source, surveyed, unfinished);
  if (!wish.inPlace) await requireSpaceBeside(run, source, surveyed, orInPlace);
  const present = await countPresent(run, surveyed);
  output.print(restoreOverview(settings, database, source, surveyed, present, new Date()));
  if (!wish.confirmed) await confirm(database.database, consequence(run, wish, surveyed, unfinished), signal);

  // Not before the confirmation: a forgotten question must not hold up the backups.
  const lock = await lockForRestore(run);
  try {
    log.event("info", database.name, `restore started: ${source.path} into ${database.database}`);
    const report = await lockedRestore(run, wish, lock);
    log.event("info", database.name, `restore finished: ${summary(run, report)}`);
    output.print(replacementText(source, surveyed, report));
    return report;
  } finally {
    lock.release();
  }
}

async function lockedRestore(run: RestoreRun, wish: RestoreWish, lock: Lock): Promise<RestoreReport> {
  const { database, settings } = run;
  const server = await surveyServer(run);
  await dropLeftovers(run, server.maintenance, namesOf(server));
  refuseUnfit(wish.source, server, database, true);
  if (wish.inPlace) refuseDrop(wish.source, server, database);
  const unfinished = unfinishedInPlace(settings, database, server);
  const properties = propertiesFor(run, wish.source, server, unfinished);
  // What has come under the name since is kept, and what it was before is in the backup of that time.
  const replaced = unfinished === null && server.live !== null ? await backUpLive(run, lock) : null;
  const preRestoreArchive = replaced === null ? null : join(settings.paths.backups, replaced.archive.file);
  // Where nothing stands under the live name nothing has to be dropped.
  const inPlace = wish.inPlace && (unfinished !== null || server.live !== null);
  const restored = inPlace
    ? await restoreInPlace(
        run,
        server,
        wish.source,
        unfinished ?? newState(run, server, properties, preRestoreArchive),
      )
    : await restoreBeside(run, server, wish.source, properties, (incoming) =>
        takeLiveName(run, server.maintenance, incoming),
      );
  if (!inPlace) removeInPlaceState(settings, database);
  const tables = replaced?.content?.tables;
  const changes = tables === undefined ? null : changedTables(tables, restored.content.tables);
  return { ...restored, preRestoreArchive, changes };
}

/** The names of all databases that a survey found. */
export const namesOf = ({ databases }: LiveServer): string[] => databases.map(({ name }) => name);

/**
 * The live database's properties, those it had before an in-place restore that was cut off dropped it, or, when there
 * is none (a new server, a lost database), those of the backup.
 * @throws RestoreError when nothing says them.
 */
export function propertiesFor(
  { database, log }: RestoreRun,
  { manifest, path }: RestoreSource,
  { live }: LiveServer,
  unfinished: InPlaceState | null,
): DatabaseProperties {
  const name = database.database;
  if (unfinished !== null) {
    const now =
      live === null ? `there is no database ${name} now` : `somebody has made another ${name} since`;
    log.event(
      "warning",
      database.name,
      `the in-place restore ${unfinished.runId} was cut off: ${now}; what it was is in ${unfinished.preRestoreArchive}`,
    );
    return unfinished.properties;
  }
  const properties = live ?? manifest?.properties ?? null;
  if (properties !== null) return properties;
  const create = `docker exec ${database.container} createdb${database.port === undefined ? "" : ` -p ${database.port}`} -U ${database.user} ${name}`;
  throw new RestoreError(
    "obstacle",
    `there is no database ${name} in container ${database.container}, and ${path} has no manifest that says what it was like; make an empty one (${create}), then restore`,
  );
}

function backUpLive(run: RestoreRun, lock: Lock): Promise<Manifest> {
  const { database, log, runId, settings, signal } = run;
  return takeBackup(settings, database, { runId, class: "pre-restore", log, lock, signal });
}

function newState(
  { runId }: RestoreRun,
  { liveOid }: LiveServer,
  properties: DatabaseProperties,
  preRestoreArchive: string | null,
): InPlaceState {
  if (preRestoreArchive === null || liveOid === null) throw new Error("there is nothing to drop");
  return { version: 1, runId, liveOid, preRestoreArchive, properties };
}

/** The present totals, or null when there is no database or its tables stay locked: they are only shown. */
async function countPresent(run: RestoreRun, server: LiveServer): Promise<Content | null> {
  if (server.live === null) return null;
  const options = questionOptions(run, run.database.database, run.signal);
  try {
    const limits = { ...options, lockTimeoutSeconds: run.settings.timeouts.lockWait };
    return await readContent(run.database, limits, "rows");
  } catch (error) {
    if (run.signal.aborted) throw error;
    return null;
  }
}

function consequence(
  { database }: RestoreRun,
  { inPlace }: RestoreWish,
  { live }: LiveServer,
  unfinished: InPlaceState | null,
): string {
  if (live === null) return "";
  if (unfinished !== null || !inPlace) return "\nThe present database is kept under another name.";
  return `\nThe present database is dropped after a backup of it; until the restore is done there is no ${database.database}. What clients write during that backup is lost: stop the application first.`;
}
