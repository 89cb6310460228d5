import { databaseStateOf } from "./database-state.ts";
import { unseen } from "./event-triggers.ts";
import type { Run } from "./run.ts";
import { identifier, literal } from "./sql.ts";
import { detachStatements, subscriptionsOf } from "./subscriptions.ts";

/**
 * Drops a database that a restore or rehearsal made, or what a DROP that was cut off has left of one, with whoever is
 * connected to it; nothing happens if it does not exist.
 * @param maintenance another database.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function dropDatabase(
  run: Pick<Run, "server" | "settings">,
  maintenance: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const elsewhere = run.server.in(maintenance);
  const databaseState = await databaseStateOf(elsewhere, name);
  if (databaseState === "absent") return;
  const quoted = identifier(name);
  const server = signal === undefined ? elsewhere : elsewhere.until(signal);
  const subscriptions = databaseState === "whole" ? await subscriptionsOf(server, name) : [];
  if (subscriptions.length > 0) {
    // PostgreSQL drops no database that has some, and lets them be dropped only from within.
    await server.query(`ALTER DATABASE ${quoted} ALLOW_CONNECTIONS true`);
    const statements = subscriptions.flatMap((subscription) => [
      ...detachStatements(subscription),
      `DROP SUBSCRIPTION ${identifier(subscription)};`,
    ]);
    // An event trigger may forbid it.
    await server.in(name).query(unseen(statements.join("\n")));
  }
  const closing = `
    ALTER DATABASE ${quoted} IS_TEMPLATE false;
    ALTER DATABASE ${quoted} ALLOW_CONNECTIONS false;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(name)};`;
  // It waits for a checkpoint; ended half way it leaves an invalid database.
  const patient = server.within(run.settings.timeouts.restore);
  // PostgreSQL lets nobody alter an invalid database, and nobody connect to it.
  await patient.query(`${databaseState === "whole" ? closing : ""} DROP DATABASE ${quoted};`);
}
