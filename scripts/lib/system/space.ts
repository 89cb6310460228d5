import { statfsSync } from "node:fs";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";

/** There is not enough space on the file system of `path`. */
export class SpaceError extends ProgramError {
  override readonly name = "SpaceError";
  constructor(path: string, detail: string, cause?: unknown) {
    super(
      `not enough space in ${path}: ${detail}; remove files or keep fewer backups [DBK-SPACE-1]`,
      ExitCode.noSpace,
      cause,
    );
  }
}

/** The expected growth from the last backup to the next. */
const growthMargin = 1.5;

/**
 * The free space required before a backup: the configured minimum, or an estimate from the last backup if that is more.
 */
export const neededBytes = (lastBytes: number | null, minimumFreeBytes: number): number =>
  Math.max(minimumFreeBytes, Math.ceil((lastBytes ?? 0) * growthMargin));

/** Bytes that root's programs can still write to the file system of an existing path. */
export function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

/** @throws SpaceError unless this many bytes are free. */
export function requireSpace(path: string, needed: number): void {
  const free = freeBytes(path);
  if (free >= needed) return;
  throw new SpaceError(path, `${formatBytes(free)} free, ${formatBytes(needed)} needed`);
}
