import * as z from "zod/mini";
import { Content, type Proof } from "../../contract/content.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";

const LargeObjects = z.object({ largeObjects: Content.shape.largeObjects });

const countQuery = `
SELECT json_build_object('largeObjects', json_build_object(
  'count', (SELECT count(*) FROM pg_largeobject_metadata), 'bytes', NULL, 'hash', NULL));`;

/**
 * Read in pieces, which any role may do that may dump them. A hole reads as zeros, which it is after a restore. The
 * last piece is the first short one, possibly empty, so the length counts too.
 */
const hashQuery = `
SELECT json_build_object('largeObjects', json_build_object(
  'count', count(*), 'bytes', coalesce(sum(bytes), 0), 'hash', coalesce(sum(hash), 0)::text))
FROM pg_largeobject_metadata m, LATERAL (
  WITH RECURSIVE pieces AS (
    SELECT -65536::bigint AS position, 65536 AS length, 0::bigint AS hash
    UNION ALL
    SELECT next, octet_length(piece), hashtextextended(ROW(m.oid, next, piece)::text COLLATE "C", 0)
    FROM pieces, LATERAL (
      SELECT position + 65536 AS next, lo_get(m.oid, position + 65536, 65536) AS piece WHERE length = 65536 OFFSET 0) AS read
  )
  SELECT sum(length) - 65536 AS bytes, sum(hash) AS hash FROM pieces
) AS read;`;

/** The number of large objects and a hash of their content, in bounded memory whatever their size. */
export async function readLargeObjects(session: PsqlSession, proof: Proof): Promise<Content["largeObjects"]> {
  const sql = proof === "full" ? hashQuery : countQuery;
  return (await session.queryJson(LargeObjects, briefly(sql))).largeObjects;
}
