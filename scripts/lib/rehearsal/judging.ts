import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseBackupName } from "../../contract/backup-names.ts";
import { type Content, hashing } from "../../contract/content.ts";
import { identified } from "../../contract/error-ids.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import { deadline } from "../base/deadline.ts";
import { messageOf, type ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatDuration } from "../base/format.ts";
import type { Uncompared } from "../content/uncompared.ts";
import { comparedViews } from "../content/view-differences.ts";
import { exitCodeOf } from "../program/program.ts";
import { markerPath, placeMarker, removeMarker } from "../recovery/rehearsal-marker.ts";
import { RestoreError } from "../restore/errors.ts";
import type { RestoreRun } from "../restore/run.ts";
import { inspectSource, type RestoreSource } from "../restore/source.ts";
import { unwrittenRecord, writeRehearsal } from "../store/rehearsals.ts";
import { rolesOf } from "./choice.ts";
import { containerPlace } from "./container.ts";
import { findLiveFacts } from "./live-facts.ts";
import type { Place } from "./place.ts";
import { report } from "./report.ts";
import { requireSpaceFor, watchSpace } from "./space.ts";
import { compare, restoreOnTrial } from "./trial.ts";

/** The state of a rehearsal so far, for whenever it ends. */
interface Progress {
  source: RestoreSource | null;
  place: Place | null;
  /** Whether the place could be opened. */
  begun: boolean;
  restoreSeconds: number | null;
  differences: string[];
  notes: string[];
  untried: Uncompared[];
  /** The number of materialized views compared. */
  materializedViews: number;
}

/**
 * Restores a backup on trial, compares, removes the trial, and records and reports the result.
 * @throws if it could not judge the backup: no space, a signal, a missing container or image.
 */
export async function judge(
  run: RestoreRun,
  path: string,
): Promise<{ exitCode: ExitCode; record: RehearsalRecord; error: string | null }> {
  const { database, log, runId, settings } = run;
  const begun = performance.now();
  const startedAt = new Date().toISOString();
  const progress: Progress = {
    source: null,
    place: null,
    begun: false,
    restoreSeconds: null,
    differences: [],
    notes: [],
    untried: [],
    materializedViews: 0,
  };
  // In this order the next run knows of every rehearsal that has logged its beginning.
  placeMarker(settings, database, runId);
  log.event("info", database.name, `rehearsal started: ${path}, in a throw-away container`);
  let failure: unknown = null;
  try {
    await attempt(run, path, progress);
  } catch (error) {
    failure = error;
  }
  const removed = await cleanUp(run, progress.place);
  try {
    if (failure !== null && saysNothing(run, progress, failure)) throw failure;
    const { source, restoreSeconds, differences, notes, untried } = progress;
    const record: RehearsalRecord = {
      version: 1,
      runId,
      archive: basename(path),
      archiveSha256: source?.sha256 ?? null,
      startedAt,
      durationSeconds: Math.round(performance.now() - begun) / 1000,
      restoreSeconds,
      where: "container",
      compared: comparable(source?.manifest?.content ?? null),
      result: failure !== null ? "failed" : differences.length > 0 ? "different" : "equal",
      differences,
      ...(untried.length === 0 ? {} : { untried }),
      materializedViews: progress.materializedViews,
      error: failure === null ? null : messageOf(failure),
    };
    const unwritten = keep(run, path, record);
    report(run, record, source?.manifest ?? null, notes);
    if (unwritten !== null)
      log.event(
        "error",
        database.name,
        identified(`rehearsal failed: ${unwritten.message}`, "[DBK-REHEARSAL-5]"),
      );
    const exitCode =
      failure !== null
        ? exitCodeOf(failure)
        : differences.length > 0
          ? ExitCode.different
          : (unwritten?.exitCode ?? ExitCode.success);
    return { exitCode, record, error: record.error ?? unwritten?.message ?? null };
  } finally {
    if (removed) removeMarker(settings, database, runId);
    else placeMarker(settings, database, runId);
  }
}

async function attempt(run: RestoreRun, path: string, progress: Progress): Promise<void> {
  const { output, settings } = run;
  const { minimumFreeBytes } = settings.monitoring;
  const limit = settings.timeouts.restore;
  const time = deadline(
    run.signal,
    limit,
    `it exceeded its time limit of ${formatDuration(limit)} and was stopped; raise backups.timeouts.restore [DBK-RESTORE-13]`,
  );
  const space = new AbortController();
  const signal = AbortSignal.any([time.signal, space.signal]);
  const trial = { ...run, signal };
  try {
    const source = await inspectSource(path, signal);
    progress.source = source;
    const roles = rolesOf(source);
    const live = await findLiveFacts(trial);
    const properties = source.manifest?.properties ?? live?.properties;
    if (properties === undefined) {
      throw new RestoreError(
        "obstacle",
        `${path} has no manifest that describes its database, and the live one does not answer [DBK-REHEARSAL-3]`,
      );
    }
    const place = containerPlace(trial, source, roles, properties, live);
    progress.place = place;
    await place.open();
    progress.begun = true;
    await requireSpaceFor(place, minimumFreeBytes, signal);
    const watch = watchSpace(place, minimumFreeBytes, signal, (reason) => space.abort(reason));
    const unlike = await place.prepare();
    progress.notes = unlike;
    const { seconds, empty } = await restoreOnTrial(place, source, signal);
    progress.restoreSeconds = seconds;
    progress.untried = empty;
    output.print("comparing …");
    const { differences, notes, untried } = await compare(place, source.manifest, signal);
    progress.differences = differences;
    progress.materializedViews = comparedViews(source.manifest?.content ?? {});
    progress.notes = [...unlike, ...notes];
    progress.untried = [
      ...untried,
      ...empty.filter((view) => untried.every(({ what }) => what !== view.what)),
    ];
    space.abort();
    await watch;
  } finally {
    space.abort();
    time.done();
  }
}

/** A signal, a lack of space, or a server on which no rehearsal can begin says nothing about the backup. */
function saysNothing({ signal }: RestoreRun, { begun }: Progress, failure: unknown): boolean {
  const exitCode = exitCodeOf(failure);
  return signal.aborted || exitCode === ExitCode.noSpace || (!begun && exitCode === ExitCode.unavailable);
}

/** Whether the place was removed completely. */
async function cleanUp({ database, log, runId }: RestoreRun, place: Place | null): Promise<boolean> {
  try {
    await place?.remove();
    return true;
  } catch (error) {
    log.event(
      "warning",
      database.name,
      `could not remove what rehearsal ${runId} made; the next run tries again: ${messageOf(error)} [DBK-RECOVERY-3]`,
    );
    return false;
  }
}

/**
 * Writes the record beside the backup, unless the backup lies elsewhere or retention has removed it meanwhile.
 * @returns why it could not be written: the result is reported anyway.
 */
function keep(
  { database, runId, settings }: RestoreRun,
  path: string,
  record: RehearsalRecord,
): ProgramError | null {
  const directory = settings.paths.backups;
  const stem = parseBackupName(basename(path))?.stem;
  if (stem === undefined || dirname(path) !== directory || !existsSync(path)) return null;
  try {
    writeRehearsal(directory, stem, markerPath(settings, database, runId), record);
    return null;
  } catch (error) {
    return unwrittenRecord(directory, error);
  }
}

/** The parts of a content that can be compared with a content that is read now. */
function comparable(content: Content | null): RehearsalRecord["compared"] {
  if (content === null) return "nothing";
  return content.hashing === hashing ? content.proof : "rows";
}
