import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { DumpEndings } from "./dump-endings.ts";
import { type ArchiveFormat, damageIn, formatOfFile } from "./format.ts";
import type { Damage } from "./layers/layer.ts";
import { readArchive } from "./read.ts";

export type ArchiveErrorKind = Damage | "missing" | "empty" | "not-compressed" | "incomplete-dump";

/** A backup file that cannot be used; `kind` says why. */
export class ArchiveError extends ProgramError {
  override readonly name = "ArchiveError";
  readonly kind: ArchiveErrorKind;
  readonly path: string;
  constructor(kind: ArchiveErrorKind, path: string, cause?: unknown) {
    super(`${path} ${explanations[kind]}; choose another backup [DBK-ARCHIVE-1]`, ExitCode.badFile, cause);
    this.kind = kind;
    this.path = path;
  }
}

const explanations: Record<ArchiveErrorKind, string> = {
  missing: "does not exist or is not a file",
  empty: "is empty",
  "not-compressed": "is neither a gzip nor a zstd file",
  truncated: "is cut off",
  corrupt: "is damaged: its content does not match its checksum",
  "trailing-garbage": "has bytes after its end that do not belong to it",
  "incomplete-dump": "does not end as a complete plain pg_dump does",
};

export interface VerifiedArchive {
  bytes: number;
  sha256: string;
  uncompressedBytes: number;
  /** From the dump's head: `15.18 (Debian 15.18-1.pgdg120+1)`; null if it has none. */
  serverVersion: string | null;
  dumpVersion: string | null;
}

/**
 * Reads a backup's file in full and decompresses it: it must be whole, undamaged, and a dump that pg_dump finished.
 * Memory stays bounded whatever the size.
 * @param how `among`: the possible formats; `watch` gets the dump's text in pieces, each byte a character.
 * @throws ArchiveError; InterruptedError on abort; a system error if it cannot be read.
 */
export async function verifyArchive(
  path: string,
  {
    among,
    signal,
    watch,
  }: { among?: readonly ArchiveFormat[]; signal?: AbortSignal; watch?: (text: string) => void } = {},
): Promise<VerifiedArchive> {
  const size = sizeOf(path);
  if (size === 0) throw new ArchiveError("empty", path);
  const format = formatOfFile(path, among);
  if (format === null) throw new ArchiveError("not-compressed", path);
  const hash = createHash("sha256");
  const endings = new DumpEndings();
  let bytes = 0;
  let spare = 0;
  try {
    spare = await readArchive(path, format, {
      see: (piece) => {
        bytes += piece.length;
        hash.update(piece);
      },
      take: (text) => {
        endings.take(text);
        watch?.(text);
      },
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const kind = damageIn(format, error);
    throw kind === null ? error : new ArchiveError(kind, path, error);
  }
  if (spare !== 0 || bytes !== size) throw new ArchiveError("trailing-garbage", path);
  if (!endings.isComplete()) throw new ArchiveError("incomplete-dump", path);
  const { uncompressedBytes, serverVersion, dumpVersion } = endings;
  return { bytes, sha256: hash.digest("hex"), uncompressedBytes, serverVersion, dumpVersion };
}

function sizeOf(path: string): number {
  try {
    const status = statSync(path);
    if (status.isFile()) return status.size;
  } catch (error) {
    if (systemCode(error) !== "ENOENT")
      throw new Error(`${path} cannot be read: ${messageOf(error)} [DBK-ARCHIVE-1]`, { cause: error });
  }
  throw new ArchiveError("missing", path);
}
