import { forgetForeign } from "../../contract/client-environment.ts";
import { type ServerFacts, type SessionChanges, sessionOptions } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ContainerProgram } from "../system/container-shell.ts";
import { passwordOf } from "./password-file.ts";

interface ClientProgram {
  argv: readonly string[];
  applicationName: string;
  /** Additional or different settings of its sessions. */
  changes?: SessionChanges;
  /** The client encoding; without it that of server, database or role applies. */
  encoding?: string;
}

/**
 * A program that connects to the container's own PostgreSQL, over its socket, with the settings that our sessions need.
 * @throws ProgramError if the password file cannot be used.
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
      // The language of the program's own messages. The server's messages are in the server's language.
      LC_ALL: "C",
      PGAPPNAME: applicationName,
      PGOPTIONS: sessionOptions(facts, changes),
      ...(encoding === undefined ? {} : { PGCLIENTENCODING: encoding }),
      ...(database.port === undefined ? {} : { PGPORT: String(database.port) }),
    },
    secrets: passwordOf(database),
  };
}
