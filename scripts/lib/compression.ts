import { closeSync, openSync, readSync } from "node:fs";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** How an archive is compressed: gzip by pg_dump itself, or zstd by the command of that name in the container. */
export type Compression = "gzip" | "zstd";

/** The commands that give an archive's text. */
export const decompressing: Readonly<Record<Compression, string>> = { gzip: "gzip -dc", zstd: "zstd -dc" };

/** What such a file begins with. */
const magic: Readonly<Record<Compression, Buffer>> = {
  gzip: Buffer.from([0x1f, 0x8b]),
  zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
};

/** A file's compression by its first bytes; null when it is none of them. */
export function compressionOf(head: Buffer): Compression | null {
  if (head.subarray(0, 2).equals(magic.gzip)) return "gzip";
  return head.subarray(0, 4).equals(magic.zstd) ? "zstd" : null;
}

/** A file's compression by its first bytes. What is none of them counts as gzip, whose reader says that it is not. */
export function compressionOfFile(path: string): Compression {
  const fd = openSync(path, "r");
  try {
    const head = Buffer.alloc(4);
    readSync(fd, head);
    return compressionOf(head) ?? "gzip";
  } finally {
    closeSync(fd);
  }
}

/** @throws ProgramError when this Node cannot read such archives: a server's own may be older than its zstd. */
export function requireReadable(compression: Compression): void {
  if (compression === "gzip" || typeof createZstdDecompress === "function") return;
  throw new ProgramError(
    `Node ${process.versions.node} cannot read archives that zstd compressed; install Node 22.15 or later, or set runtime to pinned and deploy again`,
    ExitCode.configuration,
  );
}

/**
 * @param chunkSize bytes of text a piece.
 * @throws ProgramError as `requireReadable`.
 */
export function decompressor(compression: Compression, chunkSize = 65_536): Transform {
  requireReadable(compression);
  return compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
}
