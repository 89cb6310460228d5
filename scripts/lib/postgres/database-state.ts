import { setTimeout as sleep } from "node:timers/promises";
import { endBackends } from "./end-backends.ts";
import type { Server } from "./server.ts";
import { literal } from "./sql.ts";

/** `invalid`: left by an interrupted DROP; it can be neither used nor altered, only dropped. */
export type DatabaseState = "whole" | "invalid" | "absent";

/**
 * The state of the database with a name.
 * @param server queries another database.
 * @param oid if only the database with this oid counts.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function databaseStateOf(server: Server, name: string, oid?: number): Promise<DatabaseState> {
  const only = oid === undefined ? "" : ` and oid = ${oid}`;
  const limit = await server.query(
    `select datconnlimit from pg_database where datname = ${literal(name)}${only}`,
  );
  if (limit === "") return "absent";
  return limit === "-2" ? "invalid" : "whole";
}

const attempts = 5;
const pauseMilliseconds = 1000;

/**
 * The same after a statement whose answer was lost, once the run has no session left; null if the server does not
 * answer.
 */
export async function findDatabaseState(
  server: Server,
  runId: string,
  name: string,
  oid?: number,
): Promise<DatabaseState | null> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      await endBackends(server, [runId]);
      return await databaseStateOf(server, name, oid);
    } catch {
      await sleep(pauseMilliseconds);
    }
  }
  return null;
}
