import { mkdirSync } from "node:fs";
import { type VerifiedArchive, verifyArchive } from "./archive.ts";
import { endBackends } from "./backends.ts";
import { backupFailure } from "./backup-failure.ts";
import { archiveName, rolesName } from "./backup-name.ts";
import { listBackups } from "./backups.ts";
import { commit, freeName, removePartials } from "./commit.ts";
import { deadline } from "./deadline.ts";
import { requireRunning } from "./docker.ts";
import { type DumpFiles, readRoles, writeDumpFiles } from "./dump-files.ts";
import { messageOf } from "./errors.ts";
import { formatBytes, formatDuration, plural } from "./format.ts";
import type { Lock } from "./lock.ts";
import type { Log } from "./log.ts";
import type { BackupClass, Manifest } from "./manifest.ts";
import { applicationName } from "./run-id.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";
import { neededBytes, requireSpace } from "./space.ts";

export interface BackupRun {
  runId: string;
  class: BackupClass;
  log: Log;
  /** The database's lock; see lockDatabase. */
  lock: Lock;
  signal: AbortSignal;
  /** Told now and then how many bytes of the archive are written. */
  progress?: (bytes: number) => void;
}

/**
 * Takes one verified backup of a database, with roles and manifest beside it, and logs how it went. Its final name
 * appears when everything is proven and on disk; after any failure nothing of it is left, here or in the server.
 * @throws ProgramError with the exit code that fits.
 */
export async function takeBackup(
  settings: Settings,
  database: DatabaseSettings,
  run: BackupRun,
): Promise<Manifest> {
  const { log } = run;
  log.event(
    "info",
    database.name,
    run.class === "regular" ? "backup started" : "backup started, before a restore",
  );
  try {
    const manifest = await attempt(settings, database, run);
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

async function attempt(settings: Settings, database: DatabaseSettings, run: BackupRun): Promise<Manifest> {
  const begun = performance.now();
  const directory = settings.paths.backups;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const last = listBackups(directory, database.name).find((backup) => backup.verified);
  requireSpace(directory, neededBytes(last?.bytes ?? null, settings.monitoring.minimumFreeBytes));
  await requireRunning(database.container, { timeoutSeconds: settings.timeouts.query, signal: run.signal });
  const { backup: seconds } = settings.timeouts;
  const limit = deadline(
    run.signal,
    seconds,
    `the backup was ended: it took more than ${seconds} s (timeouts.backup)`,
  );
  try {
    const { time, stem } = await freeName(directory, database.name, limit.signal);
    const files = await writeDumpFiles(settings, database, { ...run, deadline: limit });
    if (!files.facts.readsPasswords) {
      run.log.event(
        "warning",
        database.name,
        `${database.user} is no superuser: the roles are saved without passwords`,
      );
    }
    const archive = await verifyArchive(files.archivePath, { signal: limit.signal });
    const roles = readRoles(files.rolesPath, database.container);
    const manifest: Manifest = {
      version: 1,
      runId: run.runId,
      ...describe(settings, database, files, archive),
      createdAt: time.toISOString(),
      durationSeconds: Math.round(performance.now() - begun) / 1000,
      class: run.class,
      adopted: false,
      archive: {
        file: archiveName(stem),
        bytes: archive.bytes,
        sha256: archive.sha256,
        uncompressedBytes: archive.uncompressedBytes,
        format: "plain-gzip",
        compressionLevel: settings.compressionLevel,
      },
      roles: { file: rolesName(stem), ...roles, passwords: files.facts.readsPasswords },
      verifiedAt: new Date().toISOString(),
    };
    commit(directory, stem, manifest);
    return manifest;
  } catch (error) {
    limit.stop("the backup failed");
    await abandon(settings, database, run);
    throw error;
  } finally {
    limit.done();
  }
}

function describe(
  settings: Settings,
  { name, container, database, user }: DatabaseSettings,
  { facts, tables }: DumpFiles,
  archive: VerifiedArchive,
) {
  const { serverVersion, serverVersionNumber, encoding, collation, owner, databaseBytes } = facts;
  return {
    database: { name, container, database, user },
    server: settings.server,
    postgres: { serverVersion, serverVersionNumber, dumpVersion: archive.dumpVersion ?? serverVersion },
    encoding,
    collation,
    owner,
    tables,
    totals: { tables: tables.length, rows: tables.reduce((sum, table) => sum + table.rows, 0) },
    databaseBytes,
  };
}

/** Ends in the server what a failed run left there, and removes its files. */
async function abandon(
  settings: Settings,
  database: DatabaseSettings,
  { runId, log }: BackupRun,
): Promise<void> {
  removePartials(settings.paths.backups, database.name, runId);
  const options = { applicationName: applicationName(runId), timeoutSeconds: settings.timeouts.query };
  try {
    await endBackends(database, [runId], options);
  } catch (error) {
    // The failure that led here explains more; the next run ends what is left.
    log.event("warning", database.name, `could not end this run's sessions: ${messageOf(error)}`);
  }
}
