import { basename } from "node:path";
import { verifyArchive } from "./archive.ts";
import { type Backup, listBackups } from "./backups.ts";
import { compressionOfVerified } from "./compression.ts";
import { versionNumber } from "./dump-endings.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import { type Manifest, writeManifest } from "./manifest.ts";
import { reachesElsewhere } from "./restore/dump-text.ts";
import type { DatabaseSettings, Settings } from "./settings.ts";

/**
 * Gives every archive without a manifest (the hand-made scripts' backups) one, after reading it in full. A damaged
 * one is reported and left alone. Call it while the database's lock is held.
 * @returns the file names of the archives that were adopted.
 */
export async function adoptArchives(
  settings: Settings,
  database: DatabaseSettings,
  { runId, log, signal }: { runId: string; log: Log; signal: AbortSignal },
): Promise<string[]> {
  const adopted: string[] = [];
  /** What manifests describe that were written here. */
  const described = new Map<string, string>();
  for (const backup of listBackups(settings.paths.backups, database.name)) {
    if (backup.manifest !== null) continue;
    const file = basename(backup.archivePath);
    const other = described.get(backup.stem);
    const problem = other === undefined ? backup.manifestProblem : `it describes ${other}`;
    if (problem !== null) {
      log.event("warning", database.name, `${file} is left alone: its manifest is not right: ${problem}`);
      continue;
    }
    try {
      writeManifest(backup.manifestPath, await manifestFor(settings, database, backup, runId, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      log.event("warning", database.name, `${file} is left alone and not counted: ${messageOf(error)}`);
      continue;
    }
    adopted.push(file);
    described.set(backup.stem, file);
    log.event("info", database.name, `adopted ${file}, an earlier backup, after reading it in full`);
  }
  return adopted;
}

async function manifestFor(
  settings: Settings,
  { name, container, database, user }: DatabaseSettings,
  backup: Backup,
  runId: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const { bytes, sha256, uncompressedBytes, serverVersion, dumpVersion } = await verifyArchive(
    backup.archivePath,
    {
      signal,
    },
  );
  const reason = await reachesElsewhere(backup.archivePath, signal);
  // A manifest would vouch for it, and a restore would run what it holds against the live database.
  if (reason !== null) throw new Error(`it cannot be restored into one database: ${reason}`);
  const serverVersionNumber = versionNumber(serverVersion ?? "");
  return {
    version: 1,
    runId,
    database: { name, container, database, user },
    server: settings.server,
    host: null,
    createdAt: backup.takenAt.toISOString(),
    snapshotAt: null,
    durationSeconds: 0,
    class: "regular",
    adopted: true,
    archive: {
      file: basename(backup.archivePath),
      bytes,
      sha256,
      uncompressedBytes,
      format: `plain-${compressionOfVerified(backup.archivePath)}`,
      compressionLevel: null,
    },
    roles: null,
    postgres:
      serverVersion === null || serverVersionNumber === null
        ? null
        : { serverVersion, serverVersionNumber, dumpVersion: dumpVersion ?? serverVersion },
    properties: null,
    content: null,
    totals: null,
    databaseBytes: null,
    shrunk: null,
    verifiedAt: new Date().toISOString(),
  };
}
