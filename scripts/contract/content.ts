import * as z from "zod/mini";

const count = z.int().check(z.nonnegative());
/** A sum of 64-bit hashes, in decimal: it does not depend on the order in which they were added. */
const sum = z.string().check(z.regex(/^-?\d+$/));

const relation = { schema: z.string(), name: z.string() };

export const TableContent = z.object({
  ...relation,
  rows: count,
  /** Hash of all rows' values; null if only rows were counted. docs/manifest.md says what equality proves. */
  hash: z.nullable(sum),
  /** The extension that the table belongs to. Then only the rows in a dump are counted. */
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
  /** Null if they are not compared, or if it is empty; `hash` also if only rows were counted. */
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
  /** Its attributes among SUPERUSER, INHERIT, CREATEROLE, CREATEDB, LOGIN, REPLICATION, BYPASSRLS. */
  attributes: z.array(z.string()),
  connectionLimit: z.int(),
  validUntil: z.nullable(z.string()),
  memberOf: z.array(z.string()),
});
export type RoleFacts = z.infer<typeof RoleFacts>;

/** The number of objects of a kind, and a hash of their names and other compared properties. */
export const ObjectCount = z.object({ count, hash: sum });
export type ObjectCount = z.infer<typeof ObjectCount>;

/**
 * The version of hashing. Hashes are compared only if their versions are equal. Every change after which an unchanged
 * database would have other hashes needs a new number.
 */
export const hashing = 1;

/** The content of a database in one snapshot: everything that is compared after a restore. */
export const Content = z.object({
  /** The extent of proof: rows and a hash of every table, or rows only. */
  proof: z.literal(["full", "rows"]),
  /** Not in the oldest manifests: theirs is another way. */
  hashing: z.optional(z.int()),
  /** As server_version_num: 150018. */
  serverVersionNumber: z.int(),
  tables: z.array(TableContent),
  /** Not in the oldest manifests. */
  materializedViews: z.optional(z.array(MaterializedView)),
  sequences: z.array(SequenceValue),
  /** `bytes` and `hash` are null if only rows were counted. */
  largeObjects: z.object({ count, bytes: z.nullable(count), hash: z.nullable(sum) }),
  extensions: z.array(z.object({ name: z.string(), version: z.string() })),
  // Not z.record, which alone is 2.8 KB of every program.
  /** By kind: indexes, constraints, views … */
  objects: z.catchall(z.object({}), ObjectCount),
  /** The server's roles, without PostgreSQL's predefined ones. */
  roles: z.array(RoleFacts),
});
export type Content = z.infer<typeof Content>;
export type Proof = Content["proof"];

/** The rows of all tables. */
export const totalRows = (tables: readonly { rows: number }[]): number =>
  tables.reduce((total, { rows }) => total + rows, 0);
