import { setTimeout as sleep } from "node:timers/promises";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { applicationName } from "../base/run-id.ts";
import { PsqlError } from "./psql-error.ts";
import type { Server } from "./server.ts";
import { literal } from "./sql.ts";

/** Where to ask when the database itself does not exist: a restore may have crashed in the middle. */
const maintenanceDatabase = "postgres";

/**
 * Terminates all server processes of these runs and waits until they are gone. Killing `docker exec` does not end the
 * program in the container; without its server process that program ends by itself.
 * @returns how many there were.
 * @throws PsqlError, DockerError; ProgramError if one still exists after 10 s.
 */
export async function endBackends(server: Server, runIds: readonly string[]): Promise<number> {
  if (runIds.length === 0) return 0;
  const names = runIds.map((runId) => literal(applicationName(runId))).join(", ");
  const theirs = `FROM pg_stat_activity WHERE application_name IN (${names}) AND pid <> pg_backend_pid()`;
  const ask = (sql: string) => askSomewhere(server, sql);
  const ended = await ask(`SELECT count(pg_terminate_backend(pid)) ${theirs};`);
  for (let attempt = 0; attempt < 40; attempt += 1) {
    if ((await ask(`SELECT count(*) ${theirs};`)) === 0) return ended;
    await sleep(250);
  }
  throw new ProgramError(
    `sessions of ${runIds.join(", ")} in container ${server.database.container} do not end; see pg_stat_activity [DBK-PG-4]`,
    ExitCode.failed,
  );
}

async function askSomewhere(server: Server, sql: string): Promise<number> {
  try {
    return Number(await server.query(sql));
  } catch (error) {
    if (!(error instanceof PsqlError) || error.kind !== "connection") throw error;
    return Number(await server.in(maintenanceDatabase).query(sql));
  }
}
