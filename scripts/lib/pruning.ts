import { rmSync } from "node:fs";
import { join } from "node:path";
import { archiveName, parseBackupName, rolesName } from "./backup-name.ts";
import { type Backup, listBackups, listFiles } from "./backups.ts";
import { syncDirectory } from "./durable-file.ts";
import { formatAge } from "./format.ts";
import type { Log } from "./log.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { expired, shrinkPercent } from "./retention.ts";
import type { Settings } from "./settings.ts";

/**
 * Whether everything is kept because the newest backup is suspiciously small, and says so: what is left of an emptied
 * database must not push out the rest.
 */
export function holdsRetention(settings: Settings, database: string, newest: Manifest, log: Log): boolean {
  const backups = listBackups(settings.paths.backups, database);
  const earlier = backups.filter((backup) => backup.verified && backup.manifest?.runId !== newest.runId);
  const shrunk = shrinkPercent(
    newest.archive.bytes,
    earlier.map((backup) => backup.bytes),
  );
  if (shrunk < settings.monitoring.shrinkWarningPercent) return false;
  log.event(
    "warning",
    database,
    `this backup is ${shrunk} % smaller than those before it: nothing is removed`,
  );
  return true;
}

/**
 * Removes a database's expired backups, after a newer one was taken and verified and while its lock is held.
 * @returns the file names of the archives that went.
 */
export function prune(settings: Settings, database: string, log: Log): string[] {
  const directory = settings.paths.backups;
  const backups = listBackups(directory, database);
  const now = new Date();
  const gone = expired(backups, settings.retention, now);
  for (const backup of gone) {
    remove(backup);
    log.event(
      "info",
      database,
      `removed ${archiveName(backup.stem)}, taken ${formatAge(backup.takenAt, now)}`,
    );
  }
  removeStrayManifests(directory, database, new Date(now.getTime() - settings.retention.days * 86_400_000));
  syncDirectory(directory);
  return gone.map((backup) => archiveName(backup.stem));
}

/** The manifest goes last: a removal that is cut off leaves files that are still known to be ours. */
function remove({ archivePath, rolesPath, manifest, manifestPath }: Backup): void {
  rmSync(archivePath, { force: true });
  if (manifest?.roles) rmSync(rolesPath, { force: true });
  rmSync(manifestPath, { force: true });
}

/** What a removal that was cut off left, and manifests whose archive somebody took away, once they are old. */
function removeStrayManifests(directory: string, database: string, before: Date): void {
  const files = new Set(listFiles(directory));
  for (const fileName of files) {
    const stem = /^(.+)\.json$/.exec(fileName)?.[1];
    if (stem === undefined || files.has(archiveName(stem))) continue;
    if (parseBackupName(archiveName(stem))?.database !== database) continue;
    const manifest = manifestOrNull(join(directory, fileName));
    if (manifest?.database.name !== database || manifest.archive.file !== archiveName(stem)) continue;
    if (new Date(manifest.createdAt) >= before) continue;
    if (manifest.roles !== null) rmSync(join(directory, rolesName(stem)), { force: true });
    rmSync(join(directory, fileName), { force: true });
  }
}

function manifestOrNull(path: string): Manifest | null {
  try {
    return readManifest(path);
  } catch {
    return null;
  }
}
