import { rehearsalName } from "../database-names.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { query } from "../psql.ts";
import { readLiveServer } from "../restore/live-server.ts";
import { questionOptions, type RestoreRun } from "../restore/run.ts";
import { dropDatabase } from "../restore/scratch-database.ts";
import type { RestoreSource } from "../restore/source.ts";
import { neededBeside } from "../restore/space-check.ts";
import { literal } from "../sql.ts";
import { freeIn } from "./disk-usage.ts";
import type { Place } from "./place.ts";

/**
 * The live server itself as the place: a database beside the live one, which nobody but superusers can connect to. Its
 * roles are those of the server: nothing of a rehearsal may outlive it there.
 * @throws DockerError, PsqlError, InterruptedError; ProgramError when the user is no superuser.
 */
export async function databasePlace(
  run: RestoreRun,
  source: RestoreSource,
  properties: Place["properties"],
): Promise<Place> {
  const { database, settings, signal } = run;
  const server = await readLiveServer(database, questionOptions(run, database.database, signal));
  if (!server.superuser) {
    throw new ProgramError(
      `${database.user} is no superuser, and only a superuser can bring owners and grants back; rehearse in a container`,
      ExitCode.failed,
    );
  }
  const { maintenance } = server;
  const name = rehearsalName(database.database, run.runId);
  const directory = await query(database, "SHOW data_directory", questionOptions(run, maintenance, signal));
  return {
    run,
    name,
    maintenance,
    properties: { ...properties, connectionLimit: 0, isTemplate: false },
    needed: neededBeside(source),
    used: async (asking) => {
      const size = `SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database WHERE datname = ${literal(name)}`;
      return Number(await query(database, size, questionOptions(run, maintenance, asking)));
    },
    free: (asking) =>
      freeIn(database.container, directory, { timeoutSeconds: settings.timeouts.query, signal: asking }),
    remove: () => dropDatabase(run, maintenance, name),
  };
}
