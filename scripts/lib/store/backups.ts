import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  acceptanceName,
  archiveNames,
  type BackupName,
  manifestName,
  parseBackupName,
  rolesName,
} from "../../contract/backup-names.ts";
import type { BackupClass, Manifest } from "../../contract/manifest.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { readManifest } from "./manifest.ts";
import { isPinned } from "./pins.ts";

/** A backup in the backups directory: an archive under its final name, with or without manifest. */
export interface Backup {
  stem: string;
  archivePath: string;
  manifestPath: string;
  rolesPath: string;
  manifest: Manifest | null;
  /** Why the manifest file is not this archive's; null if there is none or it is right. */
  manifestProblem: string | null;
  bytes: number;
  /** From the manifest beside it; without a manifest from the name, read as the server's local time. */
  takenAt: Date;
  class: BackupClass;
  /** It was once read back in full, and its size is still the same. */
  verified: boolean;
  adopted: boolean;
  /** Exempt from retention. */
  pinned: boolean;
  /** Suspiciously small by its manifest, and not accepted. */
  shrunk: boolean;
}

/**
 * A database's backups, newest first; only regular files count. Without a directory there are none. Of two archives
 * that differ only in compression, the one that the manifest describes comes first.
 */
export function listBackups(directory: string, database: string): Backup[] {
  return listFiles(directory)
    .flatMap((fileName) => {
      const name = parseBackupName(fileName);
      if (name?.database !== database) return [];
      const bytes = fileBytes(join(directory, fileName));
      return bytes === null ? [] : [backupOf(directory, fileName, name, bytes)];
    })
    .sort(
      (a, b) =>
        b.takenAt.getTime() - a.takenAt.getTime() ||
        (a.stem === b.stem ? (a.manifest === null ? 1 : -1) : a.stem < b.stem ? 1 : -1),
    );
}

/** The names in a directory; none if it does not exist. */
export function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The moment that a `YYYYMMDD_HHMMSS` in the server's local time means. */
export function localTime(stamp: string): Date {
  const part = (from: number, to: number) => Number(stamp.slice(from, to));
  return new Date(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15));
}

function backupOf(
  directory: string,
  fileName: string,
  { stem, stamp, database }: BackupName,
  bytes: number,
): Backup {
  const found = manifestOf(directory, stem, database);
  const described = found.manifest?.archive.file ?? fileName;
  const isOther = described !== fileName;
  const manifest = isOther ? null : found.manifest;
  return {
    stem,
    archivePath: join(directory, fileName),
    manifestPath: join(directory, manifestName(stem)),
    rolesPath: join(directory, rolesName(stem)),
    manifest,
    manifestProblem: isOther ? `it describes ${described}` : found.manifestProblem,
    bytes,
    takenAt: found.manifest === null ? localTime(stamp) : new Date(found.manifest.createdAt),
    class: manifest?.class ?? "regular",
    verified: manifest !== null && manifest.archive.bytes === bytes,
    adopted: manifest?.adopted ?? false,
    pinned: isPinned(directory, stem),
    shrunk: isShrunk(manifest) && !existsSync(join(directory, acceptanceName(stem))),
  };
}

/**
 * The manifest of a backup, whether or not its archive exists; null, with the reason, if it describes another archive.
 */
export function manifestOf(
  directory: string,
  stem: string,
  database: string,
): { manifest: Manifest | null; manifestProblem: string | null } {
  try {
    const manifest = readManifest(join(directory, manifestName(stem)));
    if (manifest.database.name === database && archiveNames(stem).includes(manifest.archive.file)) {
      return { manifest, manifestProblem: null };
    }
    return { manifest: null, manifestProblem: `it describes ${manifest.archive.file}` };
  } catch (error) {
    const missing = systemCode(error) === "ENOENT";
    return { manifest: null, manifestProblem: missing ? null : messageOf(error) };
  }
}

const isShrunk = (manifest: Manifest | null): boolean => (manifest?.shrunk ?? []).length > 0;

function fileBytes(path: string): number | null {
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isFile() ? status.size : null;
}
