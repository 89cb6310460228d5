import { restoringName } from "../database-names.ts";
import { RestoreError } from "./errors.ts";
import { type Filled, fillDatabase, takeAway } from "./filling.ts";
import type { LiveServer } from "./live-server.ts";
import type { DatabaseProperties } from "./properties.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Fills a new database beside the live one and lets `use` have it, which gives it another name or drops it. If anything
 * fails, it is dropped. The live database is not touched.
 * @throws RestoreError, DockerError, PsqlError, InterruptedError, and what `use` throws.
 */
export async function restoreBeside<T>(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  use: (incoming: string) => Promise<T>,
): Promise<Filled & T> {
  const incoming = restoringName(run.database.database, run.runId);
  const filled = await fillDatabase(run, server, source, properties, incoming);
  try {
    run.signal.throwIfAborted();
    return { ...filled, ...(await use(incoming)) };
  } catch (error) {
    // A server that does not answer is not asked again: the lock would be held for as long as it hangs.
    if (!(error instanceof RestoreError && error.kind === "unknown")) await takeAway(run, server, incoming);
    throw error;
  }
}
