import type * as z from "zod/mini";
import * as zod from "zod/mini";
import type { ServerFacts } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ContainerProgram } from "../system/container-shell.ts";
import { runInContainer } from "../system/docker.ts";
import { clientProgram } from "./client-program.ts";
import { placeOf, psqlError } from "./psql-error.ts";
import { answerSeconds, serverFacts } from "./server-facts.ts";
import { connectionString } from "./sql.ts";

export interface QueryOptions {
  /** The session's name in pg_stat_activity; see `applicationName`. */
  applicationName: string;
  /** Another database of the same server. */
  dbname?: string;
  /** The time limit of the query on both sides; none unless set. */
  timeoutSeconds?: number;
  /** Seconds that a statement may wait for a lock. */
  lockTimeoutSeconds?: number;
  signal?: AbortSignal;
}

/**
 * The first statements of every psql of `psqlProgram`. With the database's own search_path its owner could replace
 * PostgreSQL's operators by others, which would run with our rights. Code that needs that path resets it, for
 * statements without operators. A database in SQL_ASCII may hold names that are not UTF-8, and does not send them to a
 * client with encoding UTF8.
 */
export const sessionStart = `SET search_path = '';
SELECT pg_catalog.set_config('client_encoding', 'SQL_ASCII', false)
WHERE pg_catalog.getdatabaseencoding() = 'SQL_ASCII' \\g /dev/null\n`;

/**
 * Runs SQL in one psql call that stops at the first error.
 * @returns the output of the statements, unaligned and without headers.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function query(database: DatabaseSettings, sql: string, options: QueryOptions): Promise<string> {
  const program = psqlProgram(database, await serverFacts(database, options), options);
  const result = await runInContainer(database.container, program, {
    input: `${sessionStart}${sql}`,
    // The server's limit is shorter, so that no statement is left running there.
    ...(options.timeoutSeconds === undefined
      ? {}
      : { timeoutSeconds: options.timeoutSeconds + answerSeconds }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (result.code !== 0) throw psqlError(placeOf(database, options), result.code, result.stderr, false);
  return result.stdout.replace(/\n$/, "");
}

/** As `query`, for SQL that returns one JSON document, checked against `schema`. */
export async function queryJson<T>(
  database: DatabaseSettings,
  schema: z.ZodMiniType<T>,
  sql: string,
  options: QueryOptions,
): Promise<T> {
  return zod.parse(schema, JSON.parse(await query(database, sql, options)));
}

/** The psql call for a database. */
export function psqlProgram(
  database: DatabaseSettings,
  facts: ServerFacts,
  options: QueryOptions,
): ContainerProgram {
  const target = connectionString(options.dbname ?? database.database);
  const flags = ["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"];
  const { applicationName, lockTimeoutSeconds: lock, timeoutSeconds: statement } = options;
  return clientProgram(database, facts, {
    argv: ["psql", ...flags, "-U", database.user, "-d", target],
    applicationName,
    changes: {
      ...(statement === undefined ? {} : { statement_timeout: `${statement}s` }),
      ...(lock === undefined ? {} : { lock_timeout: `${lock}s` }),
    },
    encoding: "UTF8",
  });
}
