import { rehearsalName } from "../database-names.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { query } from "../psql.ts";
import { questionOptions, type RestoreRun } from "../restore/run.ts";
import { dropDatabase } from "../restore/scratch-database.ts";
import type { RestoreSource } from "../restore/source.ts";
import { neededBeside } from "../restore/space-check.ts";
import { literal } from "../sql.ts";
import { freeIn } from "./disk-usage.ts";
import type { LiveFacts } from "./live-facts.ts";
import type { Place } from "./place.ts";

/**
 * The live server itself as the place: a database beside the live one, which nobody but superusers can connect to. Its
 * roles are those of the server: nothing of a rehearsal may outlive it there.
 * @throws ProgramError when the user is no superuser.
 */
export function databasePlace(
  run: RestoreRun,
  source: RestoreSource,
  properties: Place["properties"],
  live: LiveFacts,
): Place {
  const { database, settings } = run;
  if (!live.superuser) {
    throw new ProgramError(
      `${database.user} is no superuser, and only a superuser can bring owners and grants back; rehearse in a container`,
      ExitCode.failed,
    );
  }
  const maintenance = database.database;
  const name = rehearsalName(database.database, run.runId);
  const size = `SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database WHERE datname = ${literal(name)}`;
  return {
    run,
    name,
    filledAs: name,
    maintenance,
    properties: { ...properties, connectionLimit: 0, isTemplate: false },
    rolesRestored: false,
    needed: neededBeside(source),
    used: async (signal) => Number(await query(database, size, questionOptions(run, maintenance, signal))),
    free: (signal) =>
      freeIn(database.container, live.dataDirectory, { timeoutSeconds: settings.timeouts.query, signal }),
    open: async () => {},
    prepare: async () => {},
    remove: () => dropDatabase(run, maintenance, name),
  };
}
