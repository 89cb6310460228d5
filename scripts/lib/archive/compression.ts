import { closeSync, openSync, readSync } from "node:fs";
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import type { Compression } from "../../contract/backup-names.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";

/** The commands that give an archive's text. */
export const decompressing: Readonly<Record<Compression, string>> = { gzip: "gzip -dc", zstd: "zstd -dc" };

/** What such a file begins with. */
const magic: readonly [Compression, string][] = [
  ["gzip", "1f8b"],
  ["zstd", "28b52ffd"],
];

/** A file's compression by its first bytes; null when it is none of them. @throws a system error */
export function compressionOfFile(path: string): Compression | null {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(4);
    readSync(file, head);
    const found = magic.find(([, bytes]) => head.toString("hex").startsWith(bytes));
    return found?.[0] ?? null;
  } finally {
    closeSync(file);
  }
}

/** The same of an archive that was verified, and so is one of them. */
export const compressionOfVerified = (path: string): Compression => compressionOfFile(path) ?? "gzip";

/** @throws ProgramError when this Node cannot read such archives: a server's own may be older than its zstd. */
export function requireReadable(compression: Compression): void {
  if (compression === "gzip" || typeof createZstdDecompress === "function") return;
  throw new ProgramError(
    `Node ${process.versions.node} cannot read zstd archives; install Node 22.15 or later, or set runtime to pinned and deploy [DBK-SETTINGS-3]`,
    ExitCode.configuration,
  );
}

/**
 * @param chunkSize bytes of text a piece.
 * @throws ProgramError as `requireReadable`.
 */
export function decompressor(compression: Compression, chunkSize = 65_536): Gunzip | ZstdDecompress {
  requireReadable(compression);
  return compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
}
