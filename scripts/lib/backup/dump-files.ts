import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "../../contract/cluster.ts";
import type { Content } from "../../contract/content.ts";
import { type Dump, DumpError, type DumpOutput, dumpRoles } from "../archive/write.ts";
import type { Deadline } from "../base/deadline.ts";
import { InterruptedError } from "../base/errors.ts";
import type { NamedSequence } from "../content/sequences.ts";
import {
  type DatabaseFacts,
  type Snapshot,
  type SnapshotFacts,
  SnapshotSession,
} from "../content/snapshot.ts";
import { SnapshotReader } from "../content/snapshot-reader.ts";
import { Overtaken } from "../content/table-groups.ts";
import { readMaterializedViews } from "../content/views.ts";
import { readCluster } from "../postgres/cluster.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Run } from "../postgres/run.ts";
import type { Server } from "../postgres/server.ts";
import type { PartialFile } from "../store/partial-files.ts";
import type { BackupWriter } from "../store/publisher.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { dumpHoldsLocks } from "./dump-locks.ts";
import { somethingVanished } from "./vanished.ts";

export interface DumpFiles {
  facts: SnapshotFacts;
  cluster: Cluster;
  snapshotAt: Date;
  /** Without the sequences' values, which are only in the dump. */
  content: Omit<Content, "sequences">;
  sequences: readonly NamedSequence[];
}

/** Milliseconds. */
const progressPause = 500;
const longestPause = 300;

/** The time for all materialized views, as a multiple of the time for one query. */
const viewsPerBackup = 10;
/** The part of a backup's time that is reserved for the steps after the materialized views. */
const shareOfRest = 0.1;

export interface DumpWork {
  /** By performance.now(). */
  began: number;
  lock: { readonly fd: number };
  writer: BackupWriter;
  deadline: Deadline;
  progress?: (bytes: number) => void;
  /** Oids of tables that made an earlier attempt fail. */
  overtaken: ReadonlySet<number>;
  /** Work that has to be done first, while psql is already connecting. */
  before: () => Promise<void>;
}

/**
 * Writes a run's dump and roles under the run's own names and keeps them. Dump and content are of one snapshot.
 * @returns an error after which another attempt may succeed: an object was dropped before it was dumped, or a table
 * changed before it was read.
 * @throws PsqlError (sqlState 55P03 if a table stayed locked), DockerError, DumpError, InterruptedError, system errors,
 * and the errors of `work.before`. The files then still exist.
 */
export async function writeDumpFiles(run: Run, work: DumpWork): Promise<DumpFiles | DumpError | Overtaken> {
  const { timeouts } = run.settings;
  const ended = new AbortController();
  const signal = AbortSignal.any([work.deadline.signal, ended.signal]);
  const asking = run.server.until(signal).waiting(timeouts.lockWait);
  const server = asking.within(null);
  const { archive, roles: rolesFile } = work.writer;
  const lock = work.lock.fd;
  const writer = new ArchiveWriter(run.settings, server, archive, lock);
  const timer = setInterval(() => work.progress?.(archive.bytes), progressPause);
  const session = new SnapshotSession(server, work.overtaken);
  const parts: Promise<unknown>[] = [];
  let snapshot: Snapshot | null = null;
  try {
    await work.before();
    const first = writer.prepare();
    const facts = await session.facts();
    const cluster = readCluster(server);
    const roles = writeRoles(server, rolesFile, lock, facts);
    parts.push(cluster, roles);
    // They may fail while the dump begins, so their rejection is handled later.
    void Promise.allSettled(parts);
    const begun = await startDump(session, writer, first);
    const { dump } = begun;
    snapshot = begun.snapshot;
    const content = readContent(run, asking, snapshot, work.began);
    parts.push(content);
    const [read, described] = await Promise.all([content, cluster, roles, dump.done]);
    archive.keep();
    const { takenAt: snapshotAt } = snapshot;
    return { facts: snapshot.facts, cluster: described, snapshotAt, ...read };
  } catch (error) {
    const passing =
      error instanceof DumpError && error === writer.failure && snapshot !== null
        ? await somethingVanished(asking, snapshot.facts.snapshot).catch(() => false)
        : false;
    ended.abort(new InterruptedError("another part of the backup failed [DBK-RECOVERY-1]"));
    await Promise.allSettled([...parts, writer.ended]);
    if ((passing && error instanceof DumpError) || error instanceof Overtaken) return error;
    throw error;
  } finally {
    clearInterval(timer);
    archive.close();
    await session.close();
  }
}

/**
 * Gives the dump a snapshot whose locks it can get. Another session may request a table lock between the snapshot's
 * locks and the dump's. It then waits for the snapshot, and the dump waits behind it, so snapshot and dump start again.
 * @returns the dump, possibly failed, and its snapshot.
 */
async function startDump(
  session: SnapshotSession,
  writer: ArchiveWriter,
  first: Dump,
): Promise<{ dump: Dump; snapshot: Snapshot }> {
  for (let dump = first; ; dump = writer.prepare()) {
    await dump.ready;
    const snapshot = await session.take();
    const { facts, viaPartitionRoot } = snapshot;
    const { encoding } = facts.properties;
    dump.begin({ snapshot: facts.snapshot, encoding, viaPartitionRoot });
    const waiting = await dumpHoldsLocks(snapshot.session, snapshot.dumpedTables, dump.done);
    if (waiting.length === 0) return { dump, snapshot };
    await session.letGo(waiting);
    await writer.ended;
    // A random pause, to get out of step with a session that requests locks periodically.
    await sleep(Math.random() * longestPause);
  }
}

async function writeRoles(
  server: Server,
  file: PartialFile,
  lock: DumpOutput["lock"],
  { properties, readsPasswords: passwords }: DatabaseFacts,
): Promise<void> {
  const output = file.create();
  try {
    await dumpRoles(server, { output, lock, encoding: properties.encoding, passwords });
    file.keep();
  } finally {
    file.close();
  }
}

async function readContent(
  { database, log, settings: { manifest, timeouts } }: Run,
  server: Server,
  snapshot: Snapshot,
  began: number,
): Promise<Pick<DumpFiles, "content" | "sequences">> {
  const sequences = await snapshot.listSequences();
  const content = await snapshot.readContent(manifest);
  if (content.objects.materializedViews?.count === 0)
    return { sequences, content: { ...content, materializedViews: [] } };
  const timeoutSeconds = timeouts.query;
  const reader = new SnapshotReader(server, snapshot.facts.snapshot);
  try {
    // Their needs must not fail a backup whose dump is finished.
    const end = began + (timeouts.backup - shareOfRest * timeouts.backup) * 1000;
    const until = Math.min(performance.now() + viewsPerBackup * timeoutSeconds * 1000, end);
    const materializedViews = await readMaterializedViews({ reader, timeoutSeconds, until, proof: manifest });
    return { sequences, content: { ...content, materializedViews } };
  } catch (error) {
    // Every later comparison of the backup reports that the views were not evaluated.
    if (!(error instanceof PsqlError) || error.kind !== "query") throw error;
    const what = `could not evaluate its materialized views: ${error.message}`;
    log.event("warning", database.name, `${what}; they are not compared [DBK-BACKUP-6]`);
    return { sequences, content };
  } finally {
    await reader.close();
  }
}

/** Size and digest of a roles file. @throws DumpError unless it ends as pg_dumpall ends it. */
export function readRoles(path: string, container: string): { bytes: number; sha256: string } {
  const content = readFileSync(path);
  const complete = /\n--\n-- PostgreSQL database cluster dump complete\n--\n\n(\\unrestrict \w+\n\n)?$/;
  if (!complete.test(content.toString("latin1")))
    throw new DumpError("pg_dumpall", container, "its output is cut off");
  return { bytes: content.length, sha256: hash("sha256", content) };
}
