import * as z from "zod/mini";
import { firstOptions, refusedOption } from "../../contract/client-environment.ts";
import { ServerFacts, unknownServer } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ChildResult } from "../system/child.ts";
import { runInContainer } from "../system/docker.ts";
import { clientProgram } from "./client-program.ts";
import { placeOf, psqlError } from "./psql-error.ts";
import { connectionString } from "./sql.ts";

interface Asking {
  applicationName: string;
  dbname?: string;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** How much longer than the server's own limit an answer is waited for. */
export const answerSeconds = 5;

/** Cached by container and user: neither changes during a run. */
const known = new Map<string, ServerFacts>();

/**
 * The settings that our sessions may set on a database's server; queried once.
 * @throws PsqlError, DockerError, InterruptedError, as any other query
 */
export async function serverFacts(database: DatabaseSettings, options: Asking): Promise<ServerFacts> {
  const { container, port, user } = database;
  const key = [container, port, user].join("\n");
  const facts = known.get(key) ?? (await ask(database, options));
  known.set(key, facts);
  return facts;
}

const question = `select json_build_object(${[
  "'versionNumber', current_setting('server_version_num')::int",
  "'superuser', current_setting('is_superuser')::bool",
  "'leavesOutEventTriggers', exists (select from pg_settings where name = 'event_triggers' and source = 'client')",
].join(", ")})`;

async function ask(database: DatabaseSettings, options: Asking): Promise<ServerFacts> {
  const first = await connect(database, options, ["sh", "-c", `${firstOptions}; exec psql "$@"`, "sh"]);
  // A refused connection fires no event trigger.
  const refused = first.code !== 0 && refusedOption.test(first.stderr);
  const { code, stderr, stdout } = refused ? await connect(database, options, ["psql"]) : first;
  if (code !== 0) throw psqlError(placeOf(database, options), code, stderr, false);
  return z.parse(ServerFacts, JSON.parse(stdout));
}

function connect(
  database: DatabaseSettings,
  { applicationName, dbname, signal, timeoutSeconds }: Asking,
  start: readonly string[],
): Promise<ChildResult> {
  const target = connectionString(dbname ?? database.database);
  const argv = [...start, "-X", "-q", "-A", "-t", "-w", "-U", database.user, "-d", target, "-c", question];
  const changes = {
    search_path: "pg_catalog",
    ...(timeoutSeconds === undefined ? {} : { statement_timeout: `${timeoutSeconds}s` }),
  };
  const limits = {
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds: timeoutSeconds + answerSeconds }),
    ...(signal === undefined ? {} : { signal }),
  };
  const program = clientProgram(database, unknownServer, { argv, applicationName, changes });
  return runInContainer(database.container, program, limits);
}
