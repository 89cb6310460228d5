import type * as z from "zod/mini";
import type { ServerFacts } from "../../contract/session-settings.ts";
import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { applicationName } from "../base/run-id.ts";
import type { ChildResult } from "../system/child.ts";
import { runInContainer } from "../system/docker.ts";
import { type QueryOptions, query, queryJson } from "./psql.ts";
import { placeOf } from "./psql-error.ts";
import { serverFacts } from "./server-facts.ts";

/** The run of the queries, and their limits. */
interface AskingRun {
  settings: Pick<Settings, "timeouts">;
  database: DatabaseSettings;
  runId: string;
}

/**
 * A database's PostgreSQL server, as one run queries it: under the run's name, in one of the server's databases, with
 * limits. Without a signal, queries also work after an interruption, as cleaning up needs.
 */
export class Server {
  readonly database: DatabaseSettings;
  readonly options: QueryOptions;

  constructor(database: DatabaseSettings, options: QueryOptions) {
    this.database = database;
    this.options = options;
  }

  /** Queries the run's own database, without a signal, with the limit `timeouts.query`. */
  static of({ database, runId, settings }: AskingRun): Server {
    const timeoutSeconds = settings.timeouts.query;
    return new Server(database, { applicationName: applicationName(runId), timeoutSeconds });
  }

  /** The same in another database of the server, perhaps with another signal. */
  in(dbname: string, signal = this.signal): Server {
    return this.#with({ dbname, ...(signal === undefined ? {} : { signal }) });
  }

  until(signal: AbortSignal): Server {
    return this.#with({ signal });
  }

  /** @param seconds that a query may take; null for no limit. */
  within(seconds: number | null): Server {
    const { timeoutSeconds: _, ...unlimited } = this.options;
    return new Server(this.database, {
      ...unlimited,
      ...(seconds === null ? {} : { timeoutSeconds: seconds }),
    });
  }

  /** @param lockTimeoutSeconds that a statement may wait for a lock. */
  waiting(lockTimeoutSeconds: number): Server {
    return this.#with({ lockTimeoutSeconds });
  }

  /** With sessions of another name, see pg_stat_activity. */
  named(name: string): Server {
    return this.#with({ applicationName: name });
  }

  /** The database that is queried. */
  get dbname(): string {
    return this.options.dbname ?? this.database.database;
  }

  /** The signal that ends a query. */
  get signal(): AbortSignal | undefined {
    return this.options.signal;
  }

  /** How long a query may take; null for no limit. */
  get seconds(): number | null {
    return this.options.timeoutSeconds ?? null;
  }

  /** How long a statement may wait for a lock; null for the server's own limit. */
  get lockSeconds(): number | null {
    return this.options.lockTimeoutSeconds ?? null;
  }

  /** The name of its sessions. */
  get applicationName(): string {
    return this.options.applicationName;
  }

  /** The database as text, for messages. */
  get place(): string {
    return placeOf(this.database, this.options);
  }

  /**
   * Runs SQL in one psql call that stops at the first error.
   * @returns the output of the statements, unaligned and without headers.
   * @throws PsqlError, DockerError, InterruptedError
   */
  query(sql: string): Promise<string> {
    return query(this.database, sql, this.options);
  }

  /** As `query`, for SQL that returns one JSON document, checked against `schema`. */
  queryJson<T>(schema: z.ZodMiniType<T>, sql: string): Promise<T> {
    return queryJson(this.database, schema, sql, this.options);
  }

  /** The settings that its sessions may set. @throws PsqlError, DockerError, InterruptedError */
  facts(): Promise<ServerFacts> {
    return serverFacts(this.database, this.options);
  }

  /** Runs a program in the server's container. @throws DockerError, InterruptedError */
  exec(argv: readonly string[]): Promise<ChildResult> {
    const { signal, timeoutSeconds } = this.options;
    return runInContainer(
      this.database.container,
      { argv, environment: {}, secrets: {} },
      {
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  }

  #with(changes: Partial<QueryOptions>): Server {
    return new Server(this.database, { ...this.options, ...changes });
  }
}
