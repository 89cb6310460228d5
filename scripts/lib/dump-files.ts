import { hash } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { endBackends } from "./backends.ts";
import { archiveEndings } from "./backup-name.ts";
import { type Cluster, readCluster } from "./cluster.ts";
import { partialPath, removePartials } from "./commit.ts";
import type { Content } from "./content/content.ts";
import type { NamedSequence } from "./content/sequences.ts";
import { SnapshotReader } from "./content/snapshot-reader.ts";
import { evaluateViews } from "./content/views.ts";
import type { Deadline } from "./deadline.ts";
import { DumpError, dumpDatabase, dumpRoles } from "./dump.ts";
import { dumpHoldsLocks } from "./dump-locks.ts";
import { InterruptedError } from "./errors.ts";
import type { Log } from "./log.ts";
import { rowsMayMove } from "./partition-roots.ts";
import type { QueryOptions } from "./psql.ts";
import { PsqlError, placeOf } from "./psql-error.ts";
import { applicationName } from "./run-id.ts";
import { compressionIn, type DatabaseSettings, type Settings } from "./settings.ts";
import { openSnapshot, type Snapshot, type SnapshotFacts } from "./snapshot.ts";

export interface DumpFiles {
  archivePath: string;
  rolesPath: string;
  facts: SnapshotFacts;
  cluster: Cluster;
  snapshotAt: Date;
  /** Without the sequences' values, which only the dump knows. */
  content: Omit<Content, "sequences">;
  sequences: readonly NamedSequence[];
}

/** Milliseconds. */
const progressPause = 500;
const longestPause = 300;

/** All materialized views may take as long as so many of their questions may. */
const viewsPerBackup = 10;
/** Of a backup's time, what is left for everything behind the materialized views. */
const shareOfRest = 0.1;

interface DumpRun {
  runId: string;
  log: Log;
  /** By performance.now(). */
  began: number;
  lock: { readonly fd: number };
  deadline: Deadline;
  progress?: (bytes: number) => void;
  /** See openSnapshot. */
  before: () => Promise<void>;
}

/**
 * Writes a run's dump and roles under names of its own and makes them last. Dump and content are of one snapshot.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, DumpError, InterruptedError, system
 * errors, and what `run.before` throws; the files are then still there.
 */
export async function writeDumpFiles(
  settings: Settings,
  database: DatabaseSettings,
  run: DumpRun,
): Promise<DumpFiles> {
  const began = performance.now();
  for (let before: DumpRun["before"] | undefined = run.before; ; before = undefined) {
    const files = await attempt(settings, database, run, before);
    if (files !== null) return files;
    removePartials(settings.paths.backups, database.name, run.runId);
    await endBackends(database, [run.runId], {
      applicationName: applicationName(run.runId),
      timeoutSeconds: settings.timeouts.query,
    });
    if (performance.now() - began > settings.timeouts.lockWait * 1000)
      throw new PsqlError("query", placeOf(database), "others always ask for a table first", "55P03");
    // Not in step with whoever asks again and again.
    await sleep(Math.random() * longestPause);
    run.deadline.signal.throwIfAborted();
  }
}

/** @returns null when somebody who waits for a table keeps the dump from ever getting its locks. */
async function attempt(
  settings: Settings,
  database: DatabaseSettings,
  run: DumpRun,
  before: DumpRun["before"] | undefined,
): Promise<DumpFiles | null> {
  const compressed = compressionIn(settings);
  const ending = archiveEndings[compressed.compression];
  const archivePath = partialPath(settings.paths.backups, database.name, run.runId, ending);
  const rolesPath = partialPath(settings.paths.backups, database.name, run.runId, "roles.sql");
  const ended = new AbortController();
  const signal = AbortSignal.any([run.deadline.signal, ended.signal]);
  const options = {
    applicationName: applicationName(run.runId),
    lockTimeoutSeconds: settings.timeouts.lockWait,
    signal: run.deadline.signal,
  };
  const snapshot = await openSnapshot(database, options, before);
  const viaPartitionRoot = await rowsMayMove(snapshot.session);
  const archive = create(archivePath);
  const roles = create(rolesPath);
  const { facts, sequences, takenAt: snapshotAt } = snapshot;
  const { encoding } = facts.properties;
  const common = { runId: run.runId, lock: run.lock.fd, encoding, signal };
  const timer = setInterval(() => run.progress?.(fstatSync(archive).size), progressPause);
  const dump = dumpDatabase(database, {
    ...common,
    output: archive,
    snapshot: facts.snapshot,
    ...compressed,
    lockWaitSeconds: settings.timeouts.lockWait,
    viaPartitionRoot,
  });
  const work = [
    dumpHoldsLocks(snapshot.session, snapshot.dumpedTables, dump).then((held) => {
      if (!held) throw new Queued();
      return readContent(settings, database, snapshot, options, run);
    }),
    dump,
    dumpRoles(database, { ...common, output: roles, passwords: facts.readsPasswords }),
    readCluster(database, options),
  ] as const;
  try {
    const [content, , , cluster] = await Promise.all(work);
    fsyncSync(archive);
    fsyncSync(roles);
    return { archivePath, rolesPath, facts, cluster, snapshotAt, content, sequences };
  } catch (error) {
    ended.abort(new InterruptedError("another part of the backup failed"));
    if (!(error instanceof Queued)) run.deadline.stop("another part of the backup failed");
    await Promise.allSettled(work);
    if (error instanceof Queued) return null;
    throw error;
  } finally {
    clearInterval(timer);
    closeSync(archive);
    closeSync(roles);
    await snapshot.close();
  }
}

async function readContent(
  { manifest, timeouts }: Settings,
  database: DatabaseSettings,
  snapshot: Snapshot,
  options: QueryOptions,
  { began, log }: DumpRun,
): Promise<Content> {
  const content = await snapshot.readContent(manifest);
  if (content.objects.materializedViews?.count === 0) return { ...content, materializedViews: [] };
  const timeoutSeconds = timeouts.query;
  const reader = new SnapshotReader(database, { ...options, timeoutSeconds }, snapshot.facts.snapshot);
  try {
    // What they need must not end a backup whose dump is finished.
    const end = began + (timeouts.backup - shareOfRest * timeouts.backup) * 1000;
    const until = Math.min(performance.now() + viewsPerBackup * timeoutSeconds * 1000, end);
    const materializedViews = await evaluateViews({ reader, timeoutSeconds, until, proof: manifest });
    return { ...content, materializedViews };
  } catch (error) {
    // That it is not known what the views would be is told wherever the backup is compared.
    if (!(error instanceof PsqlError) || error.kind !== "query") throw error;
    const what = `what its materialized views are to hold could not be computed: ${error.message}`;
    log.event("warning", database.name, `${what}; their content is not compared`);
    return content;
  } finally {
    await reader.close();
  }
}

/** The dump waits for somebody who waits for this run. */
class Queued extends Error {}

const create = (path: string): number =>
  openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);

/** Size and digest of a roles file. @throws DumpError unless it ends as pg_dumpall ends it. */
export function readRoles(path: string, container: string): { bytes: number; sha256: string } {
  const content = readFileSync(path);
  const complete = /\n--\n-- PostgreSQL database cluster dump complete\n--\n\n(\\unrestrict \w+\n\n)?$/;
  if (!complete.test(content.toString("latin1")))
    throw new DumpError("pg_dumpall", container, "its output is cut off");
  return { bytes: content.length, sha256: hash("sha256", content) };
}
