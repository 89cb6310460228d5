import type * as z from "zod/mini";
import * as zod from "zod/mini";
import { dockerExec } from "./docker.ts";
import { psqlError } from "./psql-error.ts";
import type { DatabaseSettings } from "./settings.ts";
import { connectionString } from "./sql.ts";

export interface QueryOptions {
  /** How the session is named in pg_stat_activity; see `applicationName`. */
  applicationName: string;
  /** Another database of the same server. */
  dbname?: string;
  /** Ends the question on both sides; never unless set. */
  timeoutSeconds?: number;
  /** Seconds that a statement may wait for a lock. */
  lockTimeoutSeconds?: number;
  signal?: AbortSignal;
}

/**
 * Runs SQL in one psql call that stops at the first error.
 * @returns what the statements returned, unaligned and without headers.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function query(database: DatabaseSettings, sql: string, options: QueryOptions): Promise<string> {
  const { argv, environment } = psqlCommand(database, options);
  const result = await dockerExec(database.container, argv, {
    environment,
    input: `${sessionStart}\n${sql}`,
    // The server ends the statement first, so that nothing is left running there.
    ...(options.timeoutSeconds === undefined ? {} : { timeoutSeconds: options.timeoutSeconds + 5 }),
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

/**
 * Lifts limits that the role or the database may have for the application's sake and that not every PostgreSQL knows
 * (idle sessions end from version 14 on, transactions from 17): an older one would refuse the connection if they stood
 * in PGOPTIONS.
 */
export const liftTimeouts =
  "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('idle_session_timeout', 'transaction_timeout')";

/** What every psql of `psqlCommand` is given first; it answers nothing. */
export const sessionStart = `${liftTimeouts} \\g /dev/null`;

/** The psql call for a database: its arguments, and its environment in the container. */
export function psqlCommand(
  database: DatabaseSettings,
  options: QueryOptions,
): { argv: string[]; environment: Record<string, string> } {
  const target = connectionString(options.dbname ?? database.database);
  const flags = ["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"];
  return {
    argv: ["psql", ...flags, "-U", database.user, "-d", target],
    environment: {
      PGAPPNAME: options.applicationName,
      PGOPTIONS: serverOptions(options),
      PGCLIENTENCODING: "UTF8",
    },
  };
}

function serverOptions(options: QueryOptions): string {
  const settings: [string, string | number][] = [
    ["idle_in_transaction_session_timeout", 0],
    // Also without a time-out of its own: the role or the database may have one that suits the application only.
    ["statement_timeout", options.timeoutSeconds === undefined ? 0 : `${options.timeoutSeconds}s`],
  ];
  if (options.lockTimeoutSeconds !== undefined)
    settings.push(["lock_timeout", `${options.lockTimeoutSeconds}s`]);
  return settings.map(([name, value]) => `-c ${name}=${value}`).join(" ");
}

/** A database in words, for messages. */
export const placeOf = (database: DatabaseSettings, options: { dbname?: string } = {}): string =>
  `database ${options.dbname ?? database.database} as ${database.user} in container ${database.container}`;
