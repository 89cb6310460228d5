/**
 * The compressions of archives, as far as programs and deployment must agree: one table per fact, so that bundles
 * contain only the tables they need. lib/archive/layers/ writes and reads them. After a name is added here, the
 * compiler demands the other entries, and test/unit/scripts/contract/settings.test.ts demands its setting.
 */
export const compressionNames = ["gzip", "zstd"] as const;
/** gzip by pg_dump itself, or zstd by the command of that name in the container. */
export type Compression = (typeof compressionNames)[number];

/** The endings of archive names: first the content, then the compression. */
export const archiveEndings = { gzip: "sql.gz", zstd: "sql.zst" } as const satisfies Record<
  Compression,
  string
>;

/** The lowest level is 1. */
export const highestLevels: Readonly<Record<Compression, number>> = { gzip: 9, zstd: 19 };

/** How to read an archive without our programs: the command, and the package that has it. */
export const readByHand: Readonly<Record<Compression, { command: string; where: "server" | "container" }>> = {
  gzip: { command: "gunzip -c", where: "server" },
  zstd: { command: "zstd -dc", where: "container" },
};
