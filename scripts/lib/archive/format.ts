import { closeSync, openSync, readSync } from "node:fs";
import { type Compression, compressionNames } from "../../contract/compressions.ts";
import { gzip, gzipWriting } from "./layers/gzip.ts";
import type { Damage, Layer } from "./layers/layer.ts";
import type { Writing } from "./layers/writing.ts";
import { zstd, zstdWriting } from "./layers/zstd.ts";

/** The layers around a dump's text, from the outside in. */
export type ArchiveFormat = readonly [Layer, ...Layer[]];

export const formats: Readonly<Record<Compression, ArchiveFormat>> = { gzip: [gzip], zstd: [zstd] };
/** How a dump is written in these layers, at a level. */
export const writings: Readonly<Record<Compression, (level: number) => Writing>> = {
  gzip: gzipWriting,
  zstd: zstdWriting,
};

/** At least as long as the longest magic number of a layer. */
const headBytes = 32;

/**
 * The format by a file's first bytes; null if they match none.
 * @param among the possible formats; of two that begin alike the first is taken.
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

/** The format of a verified archive, which is one of ours. @throws a system error */
export const compressionOfVerified = (path: string): Compression =>
  compressionNames.find((name) => formatOfFile(path, [formats[name]])) ?? "gzip";
export const formatOfVerified = (path: string): ArchiveFormat => formats[compressionOfVerified(path)];

/**
 * The stock commands that give an archive's text, for a shell.
 * @param input follows the first command, which reads the archive: ` <FILE`.
 */
export const undoing = ([outer, ...inner]: ArchiveFormat, input = ""): string =>
  [outer.undo + input, ...inner.map(({ undo }) => undo)].join(" | ");

/**
 * The layer that the container can undo beside psql, if it is the only layer. Null if the text has to be decoded here.
 */
export const undoneInContainer = (format: ArchiveFormat): Layer | null =>
  format.length === 1 ? format[0] : null;

/** The damage of the archive that an error of a format's readers means; null for any other error. */
export const damageIn = (format: ArchiveFormat, error: unknown): Damage | null =>
  format.map((layer) => layer.damage(error)).find((damage) => damage !== null) ?? null;
