import * as z from "zod/mini";
import type { PsqlSession } from "../psql-session.ts";
import { Content, type Proof } from "./content.ts";

const LargeObjects = z.pick(Content, { largeObjects: true });

const countQuery = `
SELECT json_build_object('largeObjects', json_build_object(
  'count', (SELECT count(*) FROM pg_largeobject_metadata), 'bytes', NULL, 'hash', NULL));`;

/**
 * Read piece by piece, as any role may that may dump them; a hole reads as zeros, which it is after a restore. The
 * length is part of the hash, for an object without any byte has no piece. Read and closed one after the other: each
 * open object costs memory until the transaction ends.
 */
const hashQuery = `
SELECT json_build_object('largeObjects', json_build_object(
  'count', count(*), 'bytes', coalesce(sum(bytes), 0), 'hash', coalesce(sum(hash), 0)::text))
FROM pg_largeobject_metadata m,
LATERAL (SELECT lo_open(m.oid, x'40000'::int) AS fd OFFSET 0) opened,
LATERAL (SELECT lo_lseek64(fd, 0, 2) AS length OFFSET 0) measured,
LATERAL (SELECT length + lo_close(CASE WHEN length >= 0 THEN fd END) AS bytes OFFSET 0) closed,
LATERAL (
  SELECT hashtextextended(ROW(m.oid, bytes)::text COLLATE "C", 0) + coalesce(sum(
    hashtextextended(ROW(m.oid, position, lo_get(m.oid, position, 65536))::text COLLATE "C", 0)), 0) AS hash
  FROM generate_series(0, bytes - 1, 65536) AS position
) hashed;`;

/** How many large objects there are, and what they hold; memory is bounded whatever their size. */
export async function readLargeObjects(session: PsqlSession, proof: Proof): Promise<Content["largeObjects"]> {
  const sql = proof === "full" ? hashQuery : countQuery;
  return (await session.queryJson(LargeObjects, sql)).largeObjects;
}
