import * as z from "zod/mini";
import { isoTime } from "../lib/base/iso-time.ts";

/**
 * What lies at a store. A copy of a backup is its files under the names that they have in the directory of backups, and
 * a marker `STEM.copy.json`, which is written last: files without a marker are no copy. The owner `owner.json` says
 * whose copies they are.
 */

export const markerName = (stem: string): string => `${stem}.copy.json`;
/** The stem of the copy that a marker stands for; null for any other name. */
export const stemOfMarker = (fileName: string): string | null =>
  /^(?<stem>[a-z0-9_]+_\d{8}_\d{6})\.copy\.json$/.exec(fileName)?.groups?.stem ?? null;
export const ownerName = "owner.json";

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** One file of a copy, as it lies at the store. */
const CopiedFile = z.object({ name: z.string(), bytes: z.int().check(z.nonnegative()), sha256 });
export type CopiedFile = z.infer<typeof CopiedFile>;

/**
 * What a copy consists of. `hmac` is the HMAC-SHA-256 of the rest by the stack's key; see lib/copies/marker.ts. Whoever
 * can write to a store cannot make one. Later versions may add properties; the HMAC covers them.
 */
export const Marker = z.object({
  version: z.literal(1),
  /** `project/stack` and the server's key in it. */
  stack: z.string(),
  server: z.string(),
  /** The database's key in the configuration. */
  database: z.string(),
  /** `NAME_YYYYMMDD_HHMMSS`. */
  backup: z.string(),
  class: z.literal(["regular", "pre-restore"]),
  /** When its snapshot was taken; when the backup began where that is not known. */
  takenAt: isoTime,
  copiedAt: isoTime,
  programsVersion: z.string(),
  /** How it was verified before this was written: `full`, every byte was read back; or `digest`. */
  level: z.literal(["full", "digest"]),
  /** It was suspiciously small, and that was not accepted: a store keeps older ones then. */
  shrunk: z.boolean(),
  /** Archive, manifest and, where there is one, roles. */
  files: z.array(CopiedFile),
  hmac: sha256,
});
export type Marker = z.infer<typeof Marker>;

/** Whose copies lie in a prefix. `hmac` as in a marker. */
export const Owner = z.object({
  version: z.literal(1),
  stack: z.string(),
  server: z.string(),
  /** /etc/machine-id of the server. */
  machine: z.string(),
  since: isoTime,
  /** The machines that had it before, the newest last. */
  formerly: z.array(z.object({ server: z.string(), machine: z.string(), until: isoTime })),
  hmac: sha256,
});
export type Owner = z.infer<typeof Owner>;

/**
 * What a server knows of its copies at a store, without asking it: `.copies-STORE.json` in the directory of backups. It
 * can be made again from the store's markers.
 */
export const CopiesState = z.object({
  version: z.literal(1),
  store: z.string(),
  /** Identifies the place: another one under the same name has no copies yet. */
  place: z.string(),
  /** The last listing of the store. */
  listedAt: z.nullable(isoTime),
  /** By stem. */
  copies: z.record(
    z.string(),
    z.object({
      database: z.string(),
      takenAt: isoTime,
      bytes: z.int().check(z.nonnegative()),
      /** `full`: read back whole; `digest`: by the store's own digest. */
      level: z.literal(["full", "digest"]),
      verifiedAt: isoTime,
    }),
  ),
  /** Stems of copies that were found damaged and are not copied again yet. */
  damaged: z.array(z.string()),
});
export type CopiesState = z.infer<typeof CopiesState>;

export const copiesStateName = (store: string): string => `.copies-${store}.json`;
export const isCopiesStateName = (fileName: string): boolean => /^\.copies-[a-z0-9_-]+\.json$/.test(fileName);
