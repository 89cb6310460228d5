import type { DatabaseProperties } from "../../contract/database-properties.ts";
import { restoringName } from "../postgres/database-names.ts";
import { RestoreError } from "./errors.ts";
import { dropAndCleanUp, type Filled, fillDatabase } from "./filling.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/**
 * Fills a new database beside the live one and passes it to `use`, which renames or drops it. If anything fails, it is
 * dropped. The live database is not touched.
 * @param filled makes and fills the database with the given name.
 * @throws RestoreError, DockerError, PsqlError, InterruptedError, and what `use` throws.
 */
export async function fillSideBySide<F extends object, T extends object>(
  run: RestoreRun,
  server: LiveServer,
  filled: (incoming: string) => Promise<F>,
  use: (incoming: string) => Promise<T>,
): Promise<F & T> {
  const incoming = restoringName(run.database.database, run.runId);
  const made = await filled(incoming);
  try {
    run.signal.throwIfAborted();
    return { ...made, ...(await use(incoming)) };
  } catch (error) {
    // If the server does not answer, it is not queried again: the lock would be held as long as it hangs.
    if (!(error instanceof RestoreError && error.kind === "unknown"))
      await dropAndCleanUp(run, server, incoming);
    throw error;
  }
}

/** The same with all of the file. @throws as `fillSideBySide` */
export const restoreSideBySide = <T extends object>(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  use: (incoming: string) => Promise<T>,
): Promise<Filled & T> =>
  fillSideBySide(run, server, (name) => fillDatabase(run, server, source, properties, name), use);
