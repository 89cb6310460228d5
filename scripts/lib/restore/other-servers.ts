import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../postgres/server.ts";
import { literal } from "../postgres/sql.ts";

/** Seconds until another server must have answered. */
const connectingSeconds = 10;
/** Not every system can interrupt a connection attempt. It times out after about two minutes. */
const mostConnectingSeconds = 150;

const all = (statement: string): string => `coalesce(string_agg(${statement}, ' '), '')`;

/**
 * For psql: sets its variables `limit` and `unlimit` to statements that set and remove, within one transaction, a
 * connection time-out for the servers of postgres_fdw. Event triggers fire for them. A server's own options may have no
 * time-out, and before PostgreSQL 16 connecting cannot be interrupted.
 */
export const connectingLimits = `SELECT
  ${all(`format('ALTER SERVER %I OPTIONS (ADD connect_timeout %L);', srvname, '${connectingSeconds}')`)} AS limit,
  ${all("format('ALTER SERVER %I OPTIONS (DROP connect_timeout);', srvname)")} AS unlimit
FROM pg_catalog.pg_foreign_server JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = srvfdw
WHERE fdwname = 'postgres_fdw'
AND NOT EXISTS (SELECT FROM unnest(srvoptions) AS o WHERE o LIKE 'connect_timeout=%') \\gset
`;

/**
 * Terminates an abandoned session that still waits for another server. While it exists, the database cannot be renamed.
 * @param beginnings the first words of the waiting statements, as a regular expression.
 * @param inside queries the database.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function endWaiting(inside: Server, beginnings: string): Promise<void> {
  const others = `FROM pg_catalog.pg_stat_activity WHERE datname = current_database()
    AND application_name = ${literal(inside.applicationName)} AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND query ~ ${literal(`^(${beginnings}) `)}`;
  await inside.query(`SELECT count(pg_terminate_backend(pid)) ${others}`);
  for (let waited = 0; waited < mostConnectingSeconds; waited += 1) {
    if ((await inside.query(`SELECT count(*) ${others}`)) === "0") return;
    await sleep(1000, undefined, inside.signal === undefined ? {} : { signal: inside.signal });
  }
}
