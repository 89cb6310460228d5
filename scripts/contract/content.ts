import * as z from "zod/mini";

const count = z.int().check(z.nonnegative());
/** A sum of 64-bit hashes, in decimal: it does not depend on the order in which they were added. */
const sum = z.string().check(z.regex(/^-?\d+$/));

const relation = { schema: z.string(), name: z.string() };

export const TableContent = z.object({
  ...relation,
  rows: count,
  /** Of all rows' values; null where only rows were counted. docs/manifest.md says what equality proves. */
  hash: z.nullable(sum),
  /** The extension that the table belongs to; only the rows that a dump holds are counted then. */
  extension: z.optional(z.string()),
  /** The topmost table partitioned by hash that it is a partition of: rows are compared over that whole table. */
  hashPartitionOf: z.optional(z.object(relation)),
});
export type TableContent = z.infer<typeof TableContent>;

/** A materialized view, as a restore fills it. */
export const MaterializedView = z.object({
  ...relation,
  /** Whether it is filled, or cannot be read until it is refreshed. */
  populated: z.boolean(),
  /** Null where they are not compared, or where it is empty; `hash` also where only rows were counted. */
  rows: z.nullable(count),
  hash: z.nullable(sum),
  /** Why it, or its hash, is not compared, and whether that is because its content comes from another server. */
  uncompared: z.optional(z.object({ why: z.string(), otherServer: z.boolean() })),
});
export type MaterializedView = z.infer<typeof MaterializedView>;

export const SequenceValue = z.object({
  schema: z.string(),
  name: z.string(),
  /** A bigint in decimal: JSON's numbers end at 2^53. */
  lastValue: z.string(),
  isCalled: z.boolean(),
});
export type SequenceValue = z.infer<typeof SequenceValue>;

/** A role of the server, without its password. */
export const RoleFacts = z.object({
  name: z.string(),
  /** Those of SUPERUSER, INHERIT, CREATEROLE, CREATEDB, LOGIN, REPLICATION, BYPASSRLS that it has. */
  attributes: z.array(z.string()),
  connectionLimit: z.int(),
  validUntil: z.nullable(z.string()),
  memberOf: z.array(z.string()),
});
export type RoleFacts = z.infer<typeof RoleFacts>;

/** How many objects of a kind there are, and a hash of their names and of what else is compared of each. */
export const ObjectCount = z.object({ count, hash: sum });
export type ObjectCount = z.infer<typeof ObjectCount>;

/**
 * The way in which hashes are computed, which they are compared by only where it is the same. Another number belongs to
 * every change after which an unchanged database would have other hashes.
 */
export const hashing = 1;

/** What a database holds, as one snapshot sees it: everything that a restored one is compared by. */
export const Content = z.object({
  /** What is known of every table: rows and a hash of the content, or rows only. */
  proof: z.literal(["full", "rows"]),
  /** Not in the oldest manifests: theirs is another way. */
  hashing: z.optional(z.int()),
  /** As server_version_num: 150018. */
  serverVersionNumber: z.int(),
  tables: z.array(TableContent),
  /** Not in the oldest manifests. */
  materializedViews: z.optional(z.array(MaterializedView)),
  sequences: z.array(SequenceValue),
  /** `bytes` and `hash` are null where only rows were counted. */
  largeObjects: z.object({ count, bytes: z.nullable(count), hash: z.nullable(sum) }),
  extensions: z.array(z.object({ name: z.string(), version: z.string() })),
  // Not z.record, which alone is 2.8 KB of every program.
  /** By kind: indexes, constraints, views … */
  objects: z.catchall(z.object({}), ObjectCount),
  /** The server's; those that PostgreSQL brings along are left out. */
  roles: z.array(RoleFacts),
});
export type Content = z.infer<typeof Content>;
export type Proof = Content["proof"];

/** The rows of all tables. */
export const totalRows = (tables: readonly { rows: number }[]): number =>
  tables.reduce((total, { rows }) => total + rows, 0);
