import { forgetForeign } from "../../contract/client-environment.ts";
import { type ServerFacts, type SessionChanges, sessionOptions } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ContainerProgram } from "../system/docker.ts";
import { passwordOf } from "./password-file.ts";

interface ClientProgram {
  argv: readonly string[];
  applicationName: string;
  /** What its sessions have set besides, or otherwise. */
  changes?: SessionChanges;
  /** Of what it reads and writes; without it the server's, the database's or the role's setting. */
  encoding?: string;
}

/**
 * A program that connects to the container's own PostgreSQL, over its socket, and whose sessions are as ours have to be.
 * @throws ProgramError when the file with the password cannot be used.
 */
export function clientProgram(
  database: Pick<DatabaseSettings, "name" | "port" | "passwordFile">,
  facts: ServerFacts,
  program: ClientProgram,
): ContainerProgram {
  const { argv, applicationName, changes, encoding } = program;
  const forget = encoding === undefined ? `${forgetForeign}; unset PGCLIENTENCODING` : forgetForeign;
  return {
    argv: ["sh", "-c", `${forget}; exec "$@"`, "sh", ...argv],
    environment: {
      // The programs' own words; the server's are in a language of its own.
      LC_ALL: "C",
      PGAPPNAME: applicationName,
      PGOPTIONS: sessionOptions(facts, changes),
      ...(encoding === undefined ? {} : { PGCLIENTENCODING: encoding }),
      ...(database.port === undefined ? {} : { PGPORT: String(database.port) }),
    },
    secrets: passwordOf(database),
  };
}
