import { join } from "node:path";
import type { Content } from "../../contract/content.ts";
import type { DatabaseProperties } from "../../contract/database-properties.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { takeBackup } from "../backup/take.ts";
import { comparableTables } from "../content/partitions.ts";
import { SnapshotSession } from "../content/snapshot.ts";
import { lockDatabase } from "../recovery/crashed-runs.ts";
import { dropLeftovers } from "../recovery/leftover-databases.ts";
import { type InPlaceState, removeInPlaceState, unfinishedInPlace } from "../store/in-place-state.ts";
import { requireRunning } from "../system/docker.ts";
import type { Lock } from "../system/lock.ts";
import { changedTables } from "./changes.ts";
import { confirm } from "./confirmation.ts";
import { RestoreError } from "./errors.ts";
import { restoreInPlace } from "./in-place.ts";
import { prepareDrop, requireTrials } from "./in-place-preparation.ts";
import { takeLiveName } from "./live-name.ts";
import { type LiveServer, readLiveServer } from "./live-server.ts";
import { restoreOverview } from "./overview.ts";
import { type Proofs, type Reservation, requireProven, unprovenLines } from "./proof.ts";
import { refuseDrop, refuseUnfit } from "./refusals.ts";
import { type Restored, type RestoreReport, replacementText, summary } from "./report.ts";
import type { RestoreRun } from "./run.ts";
import { restoreSideBySide } from "./side-by-side.ts";
import { inspectSource, type RestoreSource } from "./source.ts";
import { orInPlace, requireSpaceInPlace, requireSpaceSideBySide } from "./space-check.ts";
import { requireStillThere } from "./still-there.ts";

export interface RestoreRequest {
  source: RestoreSource;
  /** No confirmation is needed. */
  confirmed: boolean;
  inPlace: boolean;
  /** Proves a file before the live database is dropped. */
  proofs: Proofs;
}

/** Whether a restore in place has a database to drop. After an interrupted one there is none. */
export const drops = ({ live }: Pick<LiveServer, "live">, unfinished: InPlaceState | null): boolean =>
  unfinished === null && live !== null;

/** Reads the state of the server. Changes nothing. */
export async function surveyServer(run: RestoreRun): Promise<LiveServer> {
  const { database, settings, signal } = run;
  const [running, server] = await Promise.allSettled([
    requireRunning(database.container, { timeoutSeconds: settings.timeouts.query, signal }),
    readLiveServer(run.server.until(signal)),
  ]);
  // Docker explains more than psql.
  if (running.status === "rejected") throw running.reason;
  if (server.status === "rejected") throw server.reason;
  return server.value;
}

/** @throws LockedError if a living run holds the database's lock. */
export const lockForRestore = (run: RestoreRun): Promise<Lock> => lockDatabase(run);

/**
 * Restores a verified file: refusals, overview and confirmation first, then lock, pre-restore backup and restore. A
 * restore in place proves the file before it takes the lock: the proof may take hours, and backups go on meanwhile.
 * @throws ProgramError with the exit code that fits
 */
export async function restoreFile(run: RestoreRun, request: RestoreRequest): Promise<RestoreReport> {
  const { database, output, settings, signal } = run;
  const { source } = request;
  const surveyed = await surveyServer(run);
  refuseUnfit(source, surveyed, database, true);
  const unfinished = unfinishedInPlace(settings, database, surveyed);
  const dropping = request.inPlace && drops(surveyed, unfinished);
  if (dropping) {
    refuseDrop(source, surveyed, run);
    await requireTrials(run, request.proofs, source, surveyed);
  }
  propertiesFor(run, source, surveyed, unfinished);
  if (!request.inPlace) await requireSpaceSideBySide(run, source, surveyed, orInPlace);
  if (dropping) await requireSpaceInPlace(run, source, surveyed);
  const present = await countPresent(run, surveyed);
  output.print(restoreOverview(settings, database, source, surveyed, present, new Date()));
  if (!request.confirmed)
    await confirm(database.database, consequence(run, request, surveyed, unfinished), signal);
  if (!dropping) return locking(run, request, surveyed, null);
  const reserved = await request.proofs.reserve(run);
  try {
    await requireProven(run, request.proofs, reserved, source);
    return await locking(run, request, surveyed, reserved);
  } finally {
    reserved.release();
  }
}

/** The lock is taken after the confirmation: a forgotten prompt must not block the backups. */
async function locking(
  run: RestoreRun,
  request: RestoreRequest,
  surveyed: LiveServer,
  reserved: Reservation | null,
): Promise<RestoreReport> {
  const { database, log, output } = run;
  const { source } = request;
  const lock = await lockForRestore(run);
  try {
    log.event("info", database.name, `restore started: ${source.path} into ${database.database}`);
    const report = await lockedRestore(run, request, lock, reserved);
    log.event("info", database.name, `restore finished: ${summary(run, report)}`);
    output.print(replacementText(source, surveyed, report));
    return report;
  } finally {
    lock.release();
  }
}

async function lockedRestore(
  run: RestoreRun,
  request: RestoreRequest,
  lock: Lock,
  reserved: Reservation | null,
): Promise<RestoreReport> {
  const { database, settings } = run;
  const server = await surveyServer(run);
  await dropLeftovers(run, server.maintenance, namesOf(server));
  refuseUnfit(request.source, server, database, true);
  const unfinished = unfinishedInPlace(settings, database, server);
  const properties = propertiesFor(run, request.source, server, unfinished);
  if (request.inPlace && drops(server, unfinished)) {
    refuseDrop(request.source, server, run);
    // The proof may have taken hours.
    await requireSpaceInPlace(run, request.source, server);
    return dropAndRestore(run, request, lock, reserved, server, properties);
  }
  // A database that was created under the name since is kept. The former content is in the backup of that time.
  const backup = unfinished === null && server.live !== null ? await backUpLive(run, lock) : null;
  const restored =
    request.inPlace && unfinished !== null
      ? await restoreInPlace(run, server, request.source, unfinished, null)
      : await restoreSideBySide(run, server, request.source, properties, (incoming) =>
          takeLiveName(run, server.maintenance, incoming),
        );
  removeInPlaceState(settings, database);
  return reportOf(run, restored, backup);
}

/** @param reserved null if the live database was created after the file was inspected. */
async function dropAndRestore(
  run: RestoreRun,
  request: RestoreRequest,
  lock: Lock,
  reserved: Reservation | null,
  server: LiveServer,
  properties: DatabaseProperties,
): Promise<RestoreReport> {
  const { liveOid } = server;
  const live = run.database.database;
  if (reserved === null || liveOid === null)
    throw new RestoreError(
      "obstacle",
      `a database ${live} was created meanwhile; run it again [DBK-RESTORE-7]`,
    );
  const { signal } = run;
  await requireStillThere(request.source, (path) => inspectSource(path, signal), signal);
  const prepared = await prepareDrop(run, { ...server, liveOid }, lock, request, reserved);
  const { archive, backup, shutOut } = prepared;
  try {
    const state = { version: 1 as const, runId: run.runId, liveOid, preRestoreArchive: archive, properties };
    const restored = await restoreInPlace(run, server, request.source, state, shutOut);
    return reportOf(run, { ...restored, cutOffSeconds: shutOut.seconds }, backup);
  } finally {
    await shutOut.end();
  }
}

function reportOf({ settings }: RestoreRun, restored: Restored, backup: Manifest | null): RestoreReport {
  const preRestoreArchive = backup === null ? null : join(settings.paths.backups, backup.archive.file);
  const tables = backup?.content?.tables;
  const changes =
    tables === undefined ? null : changedTables(...comparableTables(tables, restored.content.tables));
  return { ...restored, preRestoreArchive, changes };
}

/** The names of all databases in a survey. */
export const namesOf = ({ databases }: LiveServer): string[] => databases.map(({ name }) => name);

/**
 * The properties of the live database. If an interrupted in-place restore dropped it, those from before the drop. If
 * there is none (a new server, a lost database), those of the backup.
 * @throws RestoreError if they are unknown.
 */
export function propertiesFor(
  { database, log }: RestoreRun,
  { manifest, path }: RestoreSource,
  { live }: LiveServer,
  unfinished: InPlaceState | null,
): DatabaseProperties {
  const name = database.database;
  if (unfinished !== null) {
    const now = live === null ? `there is no database ${name} now` : `another ${name} was created since`;
    log.event(
      "warning",
      database.name,
      `the in-place restore ${unfinished.runId} was cut off: ${now}; its former content is in ${unfinished.preRestoreArchive} [DBK-INPLACE-6]`,
    );
    return unfinished.properties;
  }
  const properties = live ?? manifest?.properties ?? null;
  if (properties !== null) return properties;
  const create = `docker exec ${database.container} createdb${database.port === undefined ? "" : ` -p ${database.port}`} -U ${database.user} ${name}`;
  throw new RestoreError(
    "obstacle",
    `there is no database ${name}, and ${path} has no manifest that describes it; create an empty one (${create}), then restore [DBK-RESTORE-9]`,
  );
}

const backUpLive = (run: RestoreRun, lock: Lock): Promise<Manifest> =>
  takeBackup(run, { class: "pre-restore", lock });

/** The present totals; null if there is no database or its tables stay locked. They are only shown. */
async function countPresent(run: RestoreRun, server: LiveServer): Promise<Content | null> {
  if (server.live === null) return null;
  try {
    const asking = run.server.until(run.signal).waiting(run.settings.timeouts.lockWait);
    const session = new SnapshotSession(asking);
    try {
      const snapshot = await session.take();
      return await snapshot.readContent("rows");
    } finally {
      await session.close();
    }
  } catch (error) {
    if (run.signal.aborted) throw error;
    return null;
  }
}

function consequence(
  { database }: RestoreRun,
  { inPlace, proofs, source }: RestoreRequest,
  { live }: LiveServer,
  unfinished: InPlaceState | null,
): string {
  if (live === null) return "";
  if (unfinished !== null || !inPlace) return "\nThe present database is kept under another name.";
  return `\nThe present database is dropped once the file and a backup of it are proven; clients are shut out from that backup on, and until the restore is done there is no ${database.database}: stop the application first.${unprovenLines(proofs, source)}`;
}
