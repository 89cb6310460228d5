import * as z from "zod/mini";
import { unseen } from "./event-triggers.ts";
import { jsonList } from "./json-list.ts";
import type { Run } from "./run.ts";
import type { Server } from "./server.ts";
import { identifier, literal } from "./sql.ts";

/**
 * The names of the subscriptions in a database. Their catalogue is shared by all databases.
 * @throws PsqlError, DockerError, InterruptedError
 */
export function subscriptionsOf(server: Server, name: string): Promise<string[]> {
  const sql = `select ${jsonList(`subname order by subname`)} from pg_subscription
    where subdbid = (select oid from pg_database where datname = ${literal(name)})`;
  return server.queryJson(z.array(z.string()), sql);
}

/** Statements that disable a subscription and detach it from its slot, which is the live database's. */
export const detachStatements = (subscription: string): string[] => [
  `ALTER SUBSCRIPTION ${identifier(subscription)} DISABLE;`,
  `ALTER SUBSCRIPTION ${identifier(subscription)} SET (slot_name = NONE);`,
];

/**
 * Detaches the subscriptions that a dump has made in the database `name` from their slots, which are the live
 * database's, and logs a warning.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function detachSubscriptions(
  { database, log }: Pick<Run, "database" | "log">,
  server: Server,
  name: string,
): Promise<void> {
  const inside = server.in(name);
  const subscriptions = await subscriptionsOf(inside, name);
  if (subscriptions.length === 0) return;
  await inside.query(unseen(subscriptions.flatMap(detachStatements).join("\n")));
  const which = subscriptions.join(", ");
  const what = `subscriptions of ${name} are disabled and have no slot: ${which}; create them again when it is live [DBK-RESTORE-12]`;
  log.event("warning", database.name, what);
}
