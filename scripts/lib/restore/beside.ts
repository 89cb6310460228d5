import { restoringName } from "../database-names.ts";
import { RestoreError } from "./errors.ts";
import { type Filled, fillDatabase } from "./filling.ts";
import { type TakenName, takeLiveName } from "./live-name.ts";
import type { LiveServer } from "./live-server.ts";
import type { DatabaseProperties } from "./properties.ts";
import type { RestoreRun } from "./run.ts";
import { dropDatabase } from "./scratch-database.ts";
import type { RestoreSource } from "./source.ts";

export type Restored = Filled & TakenName;

/**
 * The default way: fills a new database beside the live one and swaps the two. Until the swap the live one is untouched.
 * @throws RestoreError, DockerError, PsqlError, InterruptedError
 */
export async function restoreBeside(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
): Promise<Restored> {
  const incoming = restoringName(run.database.database, run.runId);
  const filled = await fillDatabase(run, server, source, properties, incoming);
  try {
    run.signal.throwIfAborted();
    return { ...filled, ...(await takeLiveName(run, server.maintenance, incoming)) };
  } catch (error) {
    // A server that does not answer is not asked again: the lock would be held for as long as it hangs.
    if (error instanceof RestoreError && error.kind === "unknown") throw error;
    await dropDatabase(run, server.maintenance, incoming).catch(() => {
      run.log.event(
        "warning",
        run.database.name,
        `${incoming} could not be removed; the next restore removes it`,
      );
    });
    throw error;
  }
}
