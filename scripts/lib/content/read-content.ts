import type { QueryOptions } from "../psql.ts";
import type { DatabaseSettings } from "../settings.ts";
import { openSnapshot } from "../snapshot.ts";
import type { Content, Proof } from "./content.ts";

/**
 * Reads what a database holds (the one that `options.dbname` names) in a snapshot of its own.
 * @throws PsqlError (sqlState 55P03 when a table stayed locked), DockerError, InterruptedError
 */
export async function readContent(
  database: DatabaseSettings,
  options: QueryOptions,
  proof: Proof,
): Promise<Content> {
  const snapshot = await openSnapshot(database, options);
  try {
    return await snapshot.readContent(proof);
  } finally {
    await snapshot.close();
  }
}
