import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { totalRows } from "../../contract/content.ts";
import { type BackupClass, formatName, type Manifest } from "../../contract/manifest.ts";
import { compressionIn } from "../../contract/settings.ts";
import { formats } from "../archive/format.ts";
import { type VerifiedArchive, verifyArchive } from "../archive/verify.ts";
import { DumpError } from "../archive/write.ts";
import { deadline } from "../base/deadline.ts";
import { messageOf } from "../base/errors.ts";
import { formatBytes, formatDuration, plural } from "../base/format.ts";
import { DumpedSequences } from "../content/dumped-sequences.ts";
import type { NamedSequence } from "../content/sequences.ts";
import { Overtaken } from "../content/table-groups.ts";
import { endBackends } from "../postgres/end-backends.ts";
import type { Run } from "../postgres/run.ts";
import { listBackups } from "../store/backups.ts";
import { type BackupWriter, publisher } from "../store/publisher.ts";
import { requireRunning } from "../system/docker.ts";
import type { Lock } from "../system/lock.ts";
import { requireMounted } from "../system/mounts.ts";
import { neededBytes, requireSpace } from "../system/space.ts";
import { backupFailure } from "./backup-failure.ts";
import { type DumpFiles, type DumpWork, readRoles, writeDumpFiles } from "./dump-files.ts";
import { predecessors, shrinkage } from "./shrinkage.ts";

export interface BackupRequest {
  class: BackupClass;
  /** The database's lock; see lockDatabase. */
  lock: Lock;
  /** Frees space before the free space is checked. */
  cleanUp?: () => Promise<void>;
  /** Told now and then how many bytes of the archive are written. */
  progress?: (bytes: number) => void;
}

/**
 * Takes one verified backup of a database, with roles and manifest beside it, and logs the result. The final name
 * appears when everything is verified and on disk. After a failure nothing of it is left, here or in the server, unless
 * all files have their final names by then.
 * @throws ProgramError with the exit code that fits.
 */
export async function takeBackup(run: Run, request: BackupRequest): Promise<Manifest> {
  const { database, log, settings } = run;
  log.event(
    "info",
    database.name,
    request.class === "regular" ? "backup started" : "backup started, before a restore",
  );
  try {
    const manifest = await attempt(run, request);
    log.event("info", database.name, `backup finished: ${summary(manifest)}`);
    return manifest;
  } catch (error) {
    const failure = backupFailure(error, settings);
    log.event("error", database.name, `backup failed: ${failure.message}`);
    throw failure;
  }
}

/** A backup in one line: file, sizes, rows, duration. */
export function summary({ archive, totals, durationSeconds }: Manifest): string {
  const content =
    totals === null ? [] : [`${plural(totals.tables, "table")} with ${plural(totals.rows, "row")}`];
  return [archive.file, formatBytes(archive.bytes), ...content, formatDuration(durationSeconds)].join(", ");
}

async function attempt(run: Run, request: BackupRequest): Promise<Manifest> {
  const { database, settings } = run;
  const begun = performance.now();
  const { compression, level } = compressionIn(settings);
  // Write no format that this version of Node cannot read back.
  for (const layer of formats[compression]) layer.reader().destroy();
  const directory = settings.paths.backups;
  requireMounted(directory);
  const own = { directory, database: database.name, runId: run.runId, compression };
  const writer = await publisher.begin(own, run.signal);
  const earlier = listBackups(directory, database.name);
  const last = earlier.find((backup) => backup.verified);
  let prepared = false;
  const before = async () => {
    const asking = { timeoutSeconds: settings.timeouts.query, signal: run.signal };
    const [running, cleaned] = await Promise.allSettled([
      requireRunning(database.container, asking),
      request.cleanUp?.(),
    ]);
    if (cleaned.status === "rejected") throw cleaned.reason;
    requireSpace(directory, neededBytes(last?.bytes ?? null, settings.monitoring.minimumFreeBytes));
    if (running.status === "rejected") throw running.reason;
    prepared = true;
  };
  const { backup: seconds } = settings.timeouts;
  const limit = deadline(
    run.signal,
    seconds,
    `the backup exceeded its time limit of ${seconds} s and was stopped; raise backups.timeouts.backup [DBK-BACKUP-4]`,
  );
  try {
    const { files, dumped, verified } = await dumpAndVerify(run, {
      ...request,
      writer,
      began: begun,
      before,
      deadline: limit,
    });
    if (!files.facts.readsPasswords) {
      run.log.event(
        "warning",
        database.name,
        `${database.user} is not a superuser: roles are saved without passwords [DBK-BACKUP-6]`,
      );
    }
    const roles = readRoles(writer.roles.path, database.container);
    const archive: Manifest["archive"] = {
      file: writer.names.archive,
      bytes: verified.bytes,
      sha256: verified.sha256,
      uncompressedBytes: verified.uncompressedBytes,
      format: formatName(compression),
      compressionLevel: level,
    };
    const described = { ...describe(run, files, verified, dumped), archive };
    const limitPercent = settings.monitoring.shrinkWarningPercent;
    const manifest: Manifest = {
      version: 1,
      runId: run.runId,
      ...described,
      createdAt: writer.time.toISOString(),
      snapshotAt: files.snapshotAt.toISOString(),
      durationSeconds: Math.round(performance.now() - begun) / 1000,
      class: request.class,
      adopted: false,
      roles: { file: writer.names.roles, ...roles, passwords: files.facts.readsPasswords },
      // A database before a restore may well be emptied: that is why it is restored.
      shrunk:
        request.class === "regular"
          ? shrinkage(described, predecessors(earlier, writer.time), limitPercent)
          : null,
      verifiedAt: new Date().toISOString(),
    };
    writer.publish(manifest);
    return manifest;
  } catch (error) {
    limit.stop("the backup failed");
    if (prepared) await abandon(run, writer);
    throw error;
  } finally {
    limit.done();
  }
}

/** After this many failures with the same message the backup gives up. */
const mostAlike = 3;
/** Milliseconds. */
const longestPause = 300;

/**
 * Objects without a lock may be dropped before pg_dump reads them. Then the dump starts again, until timeouts.lockWait
 * is over. If a function was dropped, pg_dump reports no error, but its dump cannot be loaded. The next attempt locks
 * the tables that made this one fail.
 */
async function dumpAndVerify(run: Run, work: Omit<DumpWork, "overtaken">) {
  const { database, settings } = run;
  const { lockWait } = settings.timeouts;
  const until = performance.now() + lockWait * 1000;
  const failures: string[] = [];
  const overtaken = new Set<number>();
  for (let { before } = work; ; before = async () => {}) {
    const dumped = new DumpedSequences();
    const files = await writeDumpFiles(run, { ...work, overtaken, before });
    let failure: DumpError | Overtaken;
    if (files instanceof DumpError || files instanceof Overtaken) failure = files;
    else {
      const verified = await verifyArchive(work.writer.archive.path, {
        among: [formats[compressionIn(settings).compression]],
        signal: work.deadline.signal,
        watch: (text) => dumped.take(text),
      });
      dumped.end();
      const { lostFunction } = dumped;
      if (lostFunction === null) return { files, dumped, verified };
      const why = `its output has no definition of function ${lostFunction}, dropped meanwhile`;
      failure = new DumpError("pg_dump", database.container, why);
    }
    failures.push(failure.message);
    const alike = failures.filter((message) => message === failure.message).length;
    const late = performance.now() > until;
    const often = alike >= mostAlike;
    if (failure instanceof Overtaken) {
      if (late && often) throw failure;
      for (const oid of failure.oids) overtaken.add(oid);
    } else if (late || often) throw failure;
    work.writer.abandon();
    await endBackends(run.server, [run.runId]);
    await sleep(Math.random() * longestPause);
    work.deadline.signal.throwIfAborted();
  }
}

function describe(
  { settings, database: { name, container, database, user } }: Run,
  { facts, cluster, content, sequences }: DumpFiles,
  archive: VerifiedArchive,
  dumped: DumpedSequences,
) {
  const { serverVersion, serverVersionNumber, properties, databaseBytes } = facts;
  const { tables } = content;
  return {
    database: { name, container, database, user },
    server: settings.server,
    host: hostname(),
    postgres: { serverVersion, serverVersionNumber, dumpVersion: archive.dumpVersion ?? serverVersion },
    properties,
    cluster,
    content: { ...content, sequences: valuesIn(dumped, sequences, container) },
    totals: { tables: tables.length, rows: totalRows(tables) },
    databaseBytes,
  };
}

function valuesIn(dumped: DumpedSequences, sequences: readonly NamedSequence[], container: string) {
  try {
    return dumped.valuesOf(sequences);
  } catch (error) {
    throw new DumpError("pg_dump", container, messageOf(error));
  }
}

/** Terminates a failed run's sessions in the server, and removes its files. */
async function abandon({ database, log, runId, server }: Run, writer: BackupWriter): Promise<void> {
  writer.abandon();
  try {
    await endBackends(server, [runId]);
  } catch (error) {
    // The failure that led here explains more. The next run terminates the remaining sessions.
    log.event(
      "warning",
      database.name,
      `could not end this run's sessions: ${messageOf(error)} [DBK-RECOVERY-3]`,
    );
  }
}
