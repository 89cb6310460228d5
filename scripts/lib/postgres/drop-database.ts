import { standingOf } from "./database-state.ts";
import { unseen } from "./event-triggers.ts";
import { query } from "./psql.ts";
import { type AskingRun, questionOptions } from "./questions.ts";
import { identifier, literal } from "./sql.ts";
import { detachStatements, subscriptionsOf } from "./subscriptions.ts";

/**
 * Drops a database that a restore or rehearsal made, or what a DROP that was cut off has left of one, with whoever is
 * connected to it; nothing happens if it does not exist.
 * @param maintenance another database.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function dropDatabase(
  run: AskingRun,
  maintenance: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const standing = await standingOf(run, name, maintenance);
  if (standing === "absent") return;
  const quoted = identifier(name);
  const asking = questionOptions(run, maintenance, signal);
  const subscriptions = standing === "whole" ? await subscriptionsOf(run.database, name, asking) : [];
  if (subscriptions.length > 0) {
    // PostgreSQL drops no database that has some, and lets them be dropped only from within.
    await query(run.database, `ALTER DATABASE ${quoted} ALLOW_CONNECTIONS true`, asking);
    const statements = subscriptions.flatMap((subscription) => [
      ...detachStatements(subscription),
      `DROP SUBSCRIPTION ${identifier(subscription)};`,
    ]);
    // An event trigger may forbid it.
    await query(run.database, unseen(statements.join("\n")), { ...asking, dbname: name });
  }
  const closing = `
    ALTER DATABASE ${quoted} IS_TEMPLATE false;
    ALTER DATABASE ${quoted} ALLOW_CONNECTIONS false;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(name)};`;
  await query(
    run.database,
    // PostgreSQL lets nobody alter an invalid database, and nobody connect to it.
    `${standing === "whole" ? closing : ""} DROP DATABASE ${quoted};`,
    // It waits for a checkpoint; ended half way it leaves an invalid database.
    { ...asking, timeoutSeconds: run.settings.timeouts.restore },
  );
}
