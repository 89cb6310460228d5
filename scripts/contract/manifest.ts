import * as z from "zod/mini";
import { isoTime } from "../lib/base/iso-time.ts";
import { Cluster } from "./cluster.ts";
import { type Compression, compressionNames } from "./compressions.ts";
import { Content } from "./content.ts";
import { DatabaseProperties } from "./database-properties.ts";

const count = z.int().check(z.nonnegative());
const file = {
  file: z.string(),
  bytes: count,
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
};

/** The name of what is in an archive, and how: a plain dump, compressed. */
export const formatName = (compression: Compression) => `plain-${compression}` as const;

/**
 * The facts about a backup: the `.json` beside its archive. Sizes are bytes, times UTC ISO. Later versions of the
 * programs may add properties: readers ignore unknown ones.
 */
export const Manifest = z.object({
  version: z.literal(1),
  runId: z.string(),
  database: z.object({ name: z.string(), container: z.string(), database: z.string(), user: z.string() }),
  /** The server's key in the configuration. */
  server: z.string(),
  /** The machine's name. */
  host: z.nullable(z.string()),
  /** The moment in its name: the backup began then, and may have waited for locks before its snapshot. */
  createdAt: isoTime,
  /** When the snapshot was taken: later commits are not in it. Null if unknown; not in the oldest manifests. */
  snapshotAt: z.optional(z.nullable(isoTime)),
  durationSeconds: z.number(),
  class: z.literal(["regular", "pre-restore"]),
  /** Whether the archive is of the hand-made scripts and was verified later. Facts of its time are then null. */
  adopted: z.boolean(),
  archive: z.object({
    ...file,
    uncompressedBytes: count,
    format: z.literal(compressionNames.map(formatName)),
    compressionLevel: z.nullable(z.int()),
  }),
  roles: z.nullable(z.object({ ...file, passwords: z.boolean() })),
  postgres: z.nullable(
    z.object({
      serverVersion: z.string(),
      /** As server_version_num: 150018. */
      serverVersionNumber: z.int(),
      dumpVersion: z.string(),
    }),
  ),
  /** The database's properties apart from its content: owner, encoding, locale, limits, settings, grants, comment. */
  properties: z.nullable(DatabaseProperties),
  /** The server's properties apart from its databases. Not in manifests of older versions. */
  cluster: z.optional(z.nullable(Cluster)),
  /** The database's content, computed in the same snapshot as the dump. */
  content: z.nullable(Content),
  totals: z.nullable(z.object({ tables: count, rows: count })),
  /** pg_database_size when it was taken. */
  databaseBytes: z.nullable(count),
  /** Why this backup is suspiciously small compared with its predecessors, one sentence each; null if it is not. */
  shrunk: z.nullable(z.array(z.string())),
  verifiedAt: isoTime,
});
export type Manifest = z.infer<typeof Manifest>;
export type BackupClass = Manifest["class"];

/** How a backup's archive is compressed. */
export const compressionOfArchive = ({ format }: Manifest["archive"]): Compression =>
  compressionNames.find((one) => formatName(one) === format) ?? "gzip";
