import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "../postgres/server.ts";
import { literal } from "../postgres/sql.ts";

/** How long another server may take to answer at all, in seconds. */
const connectingSeconds = 10;
/** An attempt to connect cannot be interrupted everywhere; the system gives up after about two minutes. */
const mostConnectingSeconds = 150;

const all = (statement: string): string => `coalesce(string_agg(${statement}, ' '), '')`;

/**
 * For psql: gives its variables `limit` and `unlimit` statements that limit, for one transaction, how long a session
 * connects to the servers of postgres_fdw, and take that back; event triggers see them. A server's own options may lack
 * a limit, and nothing can interrupt it before PostgreSQL 16.
 */
export const connectingLimits = `SELECT
  ${all(`format('ALTER SERVER %I OPTIONS (ADD connect_timeout %L);', srvname, '${connectingSeconds}')`)} AS limit,
  ${all("format('ALTER SERVER %I OPTIONS (DROP connect_timeout);', srvname)")} AS unlimit
FROM pg_catalog.pg_foreign_server JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = srvfdw
WHERE fdwname = 'postgres_fdw'
AND NOT EXISTS (SELECT FROM unnest(srvoptions) AS o WHERE o LIKE 'connect_timeout=%') \\gset
`;

/**
 * Ends a session that was given up while it waited for another server: the database cannot be renamed while it is there.
 * @param beginnings of the statements that wait, as a regular expression.
 * @param inside how to ask in the database.
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
