import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import * as z from "zod/mini";

/** How an archive is compressed: gzip by pg_dump itself, or zstd by the command of that name in the container. */
export const Compression = z.literal(["gzip", "zstd"]);
export type Compression = z.infer<typeof Compression>;

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

/** @param chunkSize bytes of text a piece. */
export const decompressor = (compression: Compression, chunkSize = 65_536): Transform =>
  compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
