import { databaseStateOf } from "./database-state.ts";
import { unseen } from "./event-triggers.ts";
import type { Run } from "./run.ts";
import { identifier, literal } from "./sql.ts";
import { detachStatements, subscriptionsOf } from "./subscriptions.ts";

/**
 * Drops a database that a restore or rehearsal made, or its invalid remains after an interrupted DROP. Connected
 * clients are terminated. Nothing happens if it does not exist.
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
    // PostgreSQL does not drop a database with subscriptions, and subscriptions can be dropped only from within it.
    await server.query(`ALTER DATABASE ${quoted} ALLOW_CONNECTIONS true`);
    const statements = subscriptions.flatMap((subscription) => [
      ...detachStatements(subscription),
      `DROP SUBSCRIPTION ${identifier(subscription)};`,
    ]);
    // An event trigger may refuse the statement.
    await server.in(name).query(unseen(statements.join("\n")));
  }
  const closing = `
    ALTER DATABASE ${quoted} IS_TEMPLATE false;
    ALTER DATABASE ${quoted} ALLOW_CONNECTIONS false;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(name)};`;
  // DROP waits for a checkpoint. If it is interrupted, it leaves an invalid database.
  const patient = server.within(run.settings.timeouts.restore);
  // An invalid database can neither be altered nor connected to.
  await patient.query(`${databaseState === "whole" ? closing : ""} DROP DATABASE ${quoted};`);
}
