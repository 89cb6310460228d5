import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import type { archiveEndings } from "./backup-name.ts";
import { Cluster } from "./cluster.ts";
import type { Compression } from "./compression.ts";
import { Content } from "./content/content.ts";
import { writeDurably } from "./durable-file.ts";
import { isoTime } from "./iso-time.ts";
import { DatabaseProperties } from "./restore/properties.ts";
import { runIdPattern } from "./run-id.ts";

const count = z.int().check(z.nonnegative());
const file = {
  file: z.string(),
  bytes: count,
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
};

/**
 * What is known about a backup; the `.json` beside its archive. Sizes are bytes, times UTC ISO. Later versions of
 * the programs may add properties: readers ignore what they do not know.
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
  /**
   * When the snapshot was taken: what was committed later is not in it. Null where that is not known; not in the oldest
   * manifests.
   */
  snapshotAt: z.optional(z.nullable(isoTime)),
  durationSeconds: z.number(),
  class: z.literal(["regular", "pre-restore"]),
  /** Whether the archive is one of the hand-made scripts', verified later; facts of its time are then null. */
  adopted: z.boolean(),
  archive: z.object({
    ...file,
    uncompressedBytes: count,
    format: z.literal(["plain-gzip", "plain-zstd"]),
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
  /** Owner, encoding, locale, limits, settings, grants, comment: what the database is apart from its content. */
  properties: z.nullable(DatabaseProperties),
  /** What the server is apart from its databases. Not in manifests of older versions. */
  cluster: z.optional(z.nullable(Cluster)),
  /** What the database held, computed in the same snapshot as the dump. */
  content: z.nullable(Content),
  totals: z.nullable(z.object({ tables: count, rows: count })),
  /** pg_database_size when it was taken. */
  databaseBytes: z.nullable(count),
  /** Why this backup is suspiciously small beside its predecessors, one sentence each; null when it is not. */
  shrunk: z.nullable(z.array(z.string())),
  verifiedAt: isoTime,
});
export type Manifest = z.infer<typeof Manifest>;
export type BackupClass = Manifest["class"];

const ending = (sha256: string): string => `  "manifestSha256": "${sha256}"\n}\n`;
const endingBytes = ending("0".repeat(64)).length;
const digest = (...parts: (string | Buffer)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/**
 * The text of a manifest's file. It ends with `manifestSha256`, the sha256 of the whole text in which that one property
 * is still empty: no byte of it can change unnoticed.
 */
export function manifestText(manifest: Manifest): string {
  const open = `${JSON.stringify(manifest, null, 2).slice(0, -2)},\n`;
  return `${open}${ending(digest(open, ending("")))}`;
}

/** @throws a system error, or an Error, SyntaxError or ZodError that says why it is none, or not as it was written. */
export function readManifest(path: string): Manifest {
  const bytes = readFileSync(path);
  const end = Math.max(0, bytes.length - endingBytes);
  const written = bytes.toString("latin1", end) === ending(digest(bytes.subarray(0, end), ending("")));
  const manifest = z.parse(Manifest, JSON.parse(bytes.toString("utf8")));
  if (!written) throw new Error("it was changed after it was written: its own sha256 is another");
  return manifest;
}

/** Writes a manifest (0600), whole or not at all. */
export function writeManifest(path: string, manifest: Manifest): void {
  const temporary = join(dirname(path), partialName(manifest.database.name, manifest.runId, "json"));
  writeDurably(path, temporary, manifestText(manifest));
}

/** How a backup's archive is compressed. */
export const compressionOfArchive = ({ format }: Manifest["archive"]): Compression =>
  format === "plain-zstd" ? "zstd" : "gzip";

export type PartialKind = (typeof archiveEndings)[Compression] | "roles.sql" | "json";

/** The name of a file that a run is still writing: `.NAME.RUNID.KIND.partial`. */
export const partialName = (database: string, runId: string, kind: PartialKind): string =>
  `.${database}.${runId}.${kind}.partial`;

const partialPattern = new RegExp(
  `^\\.(?<database>[a-z0-9_]+)\\.(?<runId>${runIdPattern})\\.(?<kind>sql\\.(?:gz|zst)|roles\\.sql|json)\\.partial$`,
);

/** The parts of an unfinished file's name, or null for any other file. */
export function parsePartialName(fileName: string): { database: string; runId: string; kind: string } | null {
  const groups = partialPattern.exec(fileName)?.groups;
  if (groups === undefined) return null;
  const { database = "", runId = "", kind = "" } = groups;
  return { database, runId, kind };
}
