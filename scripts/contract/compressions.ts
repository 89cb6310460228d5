/**
 * What compresses archives, as far as programs and deployment must agree: a table a fact, so that no program carries
 * those it does not need. How each is written and read stands in lib/archive/layers/. Whoever adds a name here is asked
 * for the rest by the compiler, and for its setting by test/unit/scripts/contract/settings.test.ts.
 */
export const compressionNames = ["gzip", "zstd"] as const;
/** gzip by pg_dump itself, or zstd by the command of that name in the container. */
export type Compression = (typeof compressionNames)[number];

/** What an archive's name ends in: first what it is, then what was done to it, in that order. */
export const archiveEndings = { gzip: "sql.gz", zstd: "sql.zst" } as const satisfies Record<
  Compression,
  string
>;

/** The lowest level is 1. */
export const highestLevels: Readonly<Record<Compression, number>> = { gzip: 9, zstd: 19 };

/** How a person reads an archive with nothing of ours: the command, and where it is sure to be. */
export const readByHand: Readonly<Record<Compression, { command: string; where: "server" | "container" }>> = {
  gzip: { command: "gunzip -c", where: "server" },
  zstd: { command: "zstd -dc", where: "container" },
};
