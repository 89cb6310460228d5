import { recogniseDatabase } from "../database-names.ts";
import { messageOf } from "../errors.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";
import { dropDatabase } from "./scratch-database.ts";

/** Drops what restores that died have left half filled. The caller holds the lock, so none of them can be alive. */
export async function dropLeftovers(run: RestoreRun, server: LiveServer): Promise<void> {
  const { database, log, signal } = run;
  for (const { name } of server.databases) {
    const made = recogniseDatabase(database.database, name);
    if (made?.kind !== "restoring" || made.runId === run.runId) continue;
    try {
      await dropDatabase(run, server.maintenance, name, signal);
      log.event("warning", database.name, `dropped ${name}, which the dead run ${made.runId} left`);
    } catch (error) {
      signal.throwIfAborted();
      // It takes space and nothing else; the restore that was asked for must not wait for it.
      log.event("warning", database.name, `${name}, left by a dead run, stays: ${messageOf(error)}`);
    }
  }
}
