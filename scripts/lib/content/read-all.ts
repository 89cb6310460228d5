import * as z from "zod/mini";
import { type Content, hashing, type Proof, type SequenceValue } from "../../contract/content.ts";
import { jsonList } from "../postgres/json-list.ts";
import type { PsqlSession } from "../postgres/session.ts";
import { briefly } from "./briefly.ts";
import { readLargeObjects } from "./large-objects.ts";
import { readObjects } from "./objects.ts";
import { listHashPartitions, withHashPartitions } from "./partitions.ts";
import { readTables } from "./read-tables.ts";
import { readRoleFacts } from "./roles.ts";
import { listTables, type Table } from "./tables.ts";

const Extensions = z.array(z.object({ name: z.string(), version: z.string() }));
const extensionsQuery = `
SELECT ${jsonList(`json_build_object('name', extname, 'version', extversion) ORDER BY extname COLLATE "C"`)}
FROM pg_extension;`;

/** The content that the session's transaction sees; every table is read once. `session` keeps no lock. */
export async function readAll(
  session: PsqlSession,
  known: { serverVersionNumber: number; sequences: readonly SequenceValue[]; proof: Proof },
  read = (tables: readonly Table[]) => readTables(session, tables, known.proof),
): Promise<Content> {
  const { proof, sequences, serverVersionNumber } = known;
  // First, because PostgreSQL's own functions for names look at the present, and locked objects still exist.
  const objects = await readObjects(session);
  const partitions = await listHashPartitions(session);
  const tables = await read(await listTables(session));
  return {
    proof,
    hashing,
    serverVersionNumber,
    tables: withHashPartitions(tables, partitions),
    sequences: [...sequences],
    largeObjects: await readLargeObjects(session, proof),
    extensions: await session.queryJson(Extensions, briefly(extensionsQuery)),
    objects,
    roles: await readRoleFacts(session),
  };
}
