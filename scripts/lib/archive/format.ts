import { closeSync, openSync, readSync } from "node:fs";
import { type Compression, compressionNames } from "../../contract/compressions.ts";
import { gzip, gzipWriting } from "./layers/gzip.ts";
import type { Damage, Layer } from "./layers/layer.ts";
import type { Writing } from "./layers/writing.ts";
import { zstd, zstdWriting } from "./layers/zstd.ts";

/** The layers around a dump's text, from the outside in. */
export type ArchiveFormat = readonly [Layer, ...Layer[]];

export const formats: Readonly<Record<Compression, ArchiveFormat>> = { gzip: [gzip], zstd: [zstd] };
/** How a dump gets into them, at a level. */
export const writings: Readonly<Record<Compression, (level: number) => Writing>> = {
  gzip: gzipWriting,
  zstd: zstdWriting,
};

/** At least as long as the longest of what a layer begins with. */
const headBytes = 32;

/**
 * The format that a file's first bytes tell of; null when they are those of none.
 * @param among those that it may be in; of two that begin alike the first is taken.
 * @throws a system error
 */
export function formatOfFile(
  path: string,
  among: readonly ArchiveFormat[] = Object.values(formats),
): ArchiveFormat | null {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(headBytes);
    readSync(file, head);
    return among.find(([{ magic }]) => head.toString("hex").startsWith(magic)) ?? null;
  } finally {
    closeSync(file);
  }
}

/** Of an archive that was verified, and so is in one of ours. @throws a system error */
export const compressionOfVerified = (path: string): Compression =>
  compressionNames.find((name) => formatOfFile(path, [formats[name]])) ?? "gzip";
export const formatOfVerified = (path: string): ArchiveFormat => formats[compressionOfVerified(path)];

/**
 * The stock commands that give an archive's text, for a shell.
 * @param input what stands behind the first of them, which reads the archive: ` <FILE`.
 */
export const undoing = ([outer, ...inner]: ArchiveFormat, input = ""): string =>
  [outer.undo + input, ...inner.map(({ undo }) => undo)].join(" | ");

/** The layer that a container can undo beside psql: an only one. Null where the text has to be made here. */
export const undoneInContainer = (format: ArchiveFormat): Layer | null =>
  format.length === 1 ? format[0] : null;

/** What an error of a format's readers says of the archive; null for any other error. */
export const damageIn = (format: ArchiveFormat, error: unknown): Damage | null =>
  format.map((layer) => layer.damage(error)).find((damage) => damage !== null) ?? null;
