import { closeSync, openSync, readSync } from "node:fs";
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import * as z from "zod/mini";

/** How an archive is compressed: gzip by pg_dump itself, or zstd by the command of that name in the container. */
export const Compression = z.literal(["gzip", "zstd"]);
export type Compression = z.infer<typeof Compression>;

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

/** @param chunkSize bytes of text a piece. */
export const decompressor = (compression: Compression, chunkSize = 65_536): Gunzip | ZstdDecompress =>
  compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
