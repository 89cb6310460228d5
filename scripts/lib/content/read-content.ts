import * as z from "zod/mini";
import type { Content, Proof } from "../../contract/content.ts";
import type { Server } from "../postgres/server.ts";
import { PsqlSession } from "../postgres/session.ts";
import { readAll } from "./read-all.ts";
import { readSequences } from "./sequences.ts";
import { beginReading, beginReadingByFunctions } from "./text-forms.ts";
import { readViews } from "./views.ts";

const versionQuery = "SELECT to_json(current_setting('server_version_num')::int);";

/**
 * Reads the content of the server's current database in a snapshot of its own. No other session may use the database
 * meanwhile: its tables are not locked, and its materialized views are read after them.
 * @throws PsqlError (sqlState 55P03 if a table stayed locked), DockerError, InterruptedError
 */
export async function readContent(server: Server, proof: Proof): Promise<Content> {
  const session = new PsqlSession(server);
  try {
    await session.query(`${beginReading};`);
    const serverVersionNumber = await session.queryJson(z.int(), versionQuery);
    const sequences = await readSequences(session);
    const content = await readAll(session, { proof, serverVersionNumber, sequences });
    if (content.objects.materializedViews?.count === 0) return { ...content, materializedViews: [] };
    await session.query(`ROLLBACK; ${beginReadingByFunctions};`);
    return { ...content, materializedViews: await readViews(session, proof) };
  } finally {
    await session.close();
  }
}
