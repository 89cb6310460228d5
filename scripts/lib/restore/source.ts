import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { manifestName, parseBackupName, rolesName } from "../../contract/backup-names.ts";
import type { Manifest } from "../../contract/manifest.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { type ArchiveFormat, formatOfVerified } from "../archive/format.ts";
import { reachesElsewhere } from "../archive/statements.ts";
import { verifyArchive } from "../archive/verify.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { localTime } from "../store/backups.ts";
import { readManifest } from "../store/manifest.ts";
import { RestoreError } from "./errors.ts";
import { identityOf } from "./file-identity.ts";

/** A backup that was read in full and may be restored. */
export interface RestoreSource {
  path: string;
  bytes: number;
  sha256: string;
  uncompressedBytes: number;
  format: ArchiveFormat;
  /** Null for a file without a manifest. */
  manifest: Manifest | null;
  rolesPath: string | null;
  /** The file, its manifest and its roles, and their identities before they were read. */
  files: readonly (string | null)[];
  identity: string;
  /** Null if neither manifest nor name has it. */
  takenAt: Date | null;
  /** Major version of the dumped server, if the dump says it. */
  majorVersion: number | null;
}

/**
 * Finds the requested file. A bare name is a backup in the backups directory; a path with a slash is any file. A file
 * in the current directory is never taken for the backup of that name.
 * @throws RestoreError `unfit-file` if a bare name exists only in the current directory.
 */
export function locateFile({ paths }: Settings, operand: string): string {
  if (operand.includes("/")) return resolve(operand);
  const path = join(paths.backups, operand);
  if (existsSync(path) || !existsSync(operand)) return path;
  throw new RestoreError(
    "unfit-file",
    `there is no ${operand} in ${paths.backups}; for the file in the current directory write ./${operand} [DBK-STORE-2]`,
  );
}

/**
 * Reads the file in full: whole, unchanged since its manifest was written, and a dump of one database only.
 * @throws RestoreError `bad-file`, ArchiveError, InterruptedError
 */
export async function inspectSource(path: string, signal: AbortSignal): Promise<RestoreSource> {
  const name = parseBackupName(basename(path));
  const manifestPath = name === null ? null : join(dirname(path), manifestName(name.stem));
  const rolesPath = name === null ? null : join(dirname(path), rolesName(name.stem));
  const files = [path, manifestPath, rolesPath];
  const identity = identityOf(files);
  const manifest = manifestPath === null ? null : manifestOf(path, manifestPath);
  const archive = await verifyArchive(path, { signal });
  if (manifest !== null && archive.sha256 !== manifest.archive.sha256) {
    throw new RestoreError(
      "bad-file",
      `${path} has changed since it was backed up: its sha256 is ${archive.sha256}, its manifest says ${manifest.archive.sha256}; choose another backup [DBK-ARCHIVE-2]`,
    );
  }
  // Adopting a file verifies it, but does not show who wrote it.
  const foreign = manifest === null || manifest.adopted;
  const reason = foreign ? await reachesElsewhere(path, signal) : null;
  if (reason !== null) {
    throw new RestoreError(
      "bad-file",
      `${path} cannot be restored into one database: ${reason}; dump it again without [DBK-RESTORE-2]`,
    );
  }
  const hasRoles = rolesPath !== null && existsSync(rolesPath);
  if (hasRoles && manifest?.roles != null) requireUnchanged(rolesPath, manifest.roles.sha256);
  return {
    path,
    bytes: archive.bytes,
    sha256: archive.sha256,
    uncompressedBytes: archive.uncompressedBytes,
    format: formatOfVerified(path),
    manifest,
    rolesPath: hasRoles ? rolesPath : null,
    files,
    identity,
    takenAt: manifest !== null ? new Date(manifest.createdAt) : name === null ? null : localTime(name.stamp),
    majorVersion: majorOf(archive.serverVersion),
  };
}

function requireUnchanged(rolesPath: string, sha256: string): void {
  if (hash("sha256", readFileSync(rolesPath)) === sha256) return;
  throw new RestoreError(
    "bad-file",
    `${rolesPath} has changed since it was backed up; choose another backup, or move it away to restore without its roles [DBK-ARCHIVE-2]`,
  );
}

function majorOf(version: string | null): number | null {
  const digits = /^\d+/.exec(version ?? "")?.[0];
  return digits === undefined ? null : Number(digits);
}

function manifestOf(archivePath: string, path: string): Manifest | null {
  try {
    const manifest = readManifest(path);
    if (manifest.archive.file === basename(archivePath)) return manifest;
    throw new Error(`it describes ${manifest.archive.file}`);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw new RestoreError(
      "bad-file",
      `the manifest ${path} cannot be used: ${messageOf(error)}; choose another backup, or move it away to restore without its checks [DBK-MANIFEST-1]`,
      error,
    );
  }
}

/**
 * Which of the configured databases a file goes into.
 * @param explicit the name on the command line.
 * @param advice how to give it.
 * @throws RestoreError `unfit-file` if the file is of another database and no name was given.
 */
export function targetOf(
  settings: Settings,
  source: Pick<RestoreSource, "path" | "manifest">,
  explicit: string | undefined,
  advice = "name the database it is to replace with --database",
): DatabaseSettings {
  const known = `configured here: ${settings.databases.map(({ name }) => name).join(", ")}`;
  const find = (name: string) => settings.databases.find((database) => database.name === name);
  if (explicit !== undefined) {
    const database = find(explicit);
    if (database !== undefined) return database;
    throw new RestoreError("unfit-file", `there is no database ${explicit} (${known}) [DBK-RESTORE-2]`);
  }
  const { manifest, path } = source;
  const name = manifest?.database.name ?? parseBackupName(basename(path))?.database;
  const hint = `${advice} (${known}) [DBK-RESTORE-2]`;
  if (name === undefined)
    throw new RestoreError("unfit-file", `${path} does not say of which database it is; ${hint}`);
  const database = find(name);
  if (database === undefined) throw new RestoreError("unfit-file", `${path} is a backup of ${name}; ${hint}`);
  if (
    manifest !== null &&
    (manifest.server !== settings.server || manifest.database.database !== database.database)
  ) {
    throw new RestoreError(
      "unfit-file",
      `${path} is a backup of ${manifest.database.database} on ${manifest.server}, not of ${database.database} on ${settings.server}; ${hint}`,
    );
  }
  return database;
}
