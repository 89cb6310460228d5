import { shellCommand, shellWord } from "../../contract/quoting.ts";
import { formatOfVerified, undoing } from "../archive/format.ts";
import { liftForLoad } from "../archive/load.ts";
import { bytesOf } from "../base/text-bytes.ts";
import { clientProgram } from "../postgres/client-program.ts";
import { createStatement, propertyStatements, settingStatements } from "../postgres/create-database.ts";
import { restoringName } from "../postgres/database-names.ts";
import type { DatabaseState } from "../postgres/database-state.ts";
import { sessionStart } from "../postgres/psql.ts";
import { connectionString, identifier, literal } from "../postgres/sql.ts";
import { type InPlaceState, inPlaceStatePath, wayBackPath } from "../store/in-place-state.ts";
import { execArguments } from "../system/docker.ts";
import { replaceDurably } from "../system/durable-file.ts";
import type { LiveServer } from "./live-server.ts";
import { lateSettings, refill, resetStatements, settingsOfLoad } from "./load-settings.ts";
import type { RestoreRun } from "./run.ts";

type Way = Pick<RestoreRun, "settings" | "database">;
type Server = Pick<LiveServer, "maintenance" | "versionNumber" | "superuser">;

/**
 * The database that is filled by hand. It gets the live name only when it is complete, and no backup takes it for a
 * leftover of a crashed restore.
 */
const returningName = (live: string, runId: string): string =>
  restoringName(live, runId).replace(/_restoring_(?!.*_restoring_)/, "_returning_");

/** The settings under which the backup is loaded: those of the live database, whose backup it is. */
const loadedUnder = ({ database }: Way, { properties }: InPlaceState) =>
  settingsOfLoad(null, properties, database.user, { settings: [] });

/**
 * Writes the statements for `wayBackCommands`: the settings for the load, and the other properties after it. The file
 * is readable by root alone, because an application may keep a secret in a setting.
 */
export function writeWayBack(way: Way, state: InPlaceState): void {
  const path = wayBackPath(way.settings, way.database);
  const name = returningName(way.database.database, state.runId);
  const statements = [
    sessionStart,
    "\\if :loading",
    ...settingStatements(name, { settings: loadedUnder(way, state) }),
    "\\else",
    ...resetStatements(name, way.database.user),
    ...propertyStatements(name, state.properties),
    "\\endif",
  ];
  replaceDurably(path, `${path}~`, bytesOf(`${statements.join("\n")}\n`));
}

/** A shell function that queries a database of the server as these programs do. */
function askingFunction({ database }: Way, { superuser, versionNumber }: Server): string {
  const facts = { superuser, versionNumber, leavesOutEventTriggers: superuser && versionNumber >= 170_000 };
  const { passwordFile, ...open } = database;
  const program = clientProgram(open, facts, {
    argv: ["psql", "-X", "-q", "-w", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-U", database.user],
    // Not a run's name: the next run terminates the sessions of crashed runs.
    applicationName: "database-backups-by-hand",
    // Materialized views are filled in the same way as the backup evaluated them.
    changes: { max_parallel_workers_per_gather: 0 },
    encoding: "UTF8",
  });
  const secrets = passwordFile === undefined ? {} : { PGPASSWORD: "" };
  const asking = shellCommand(...execArguments(database.container, { ...program, secrets }, true));
  const secret = passwordFile === undefined ? "" : `PGPASSWORD="$(cat ${shellWord(passwordFile)})" `;
  return `asking() { ${secret}docker ${asking} -d "$@"; }`;
}

/**
 * The bash commands that bring the database back without these programs. They do the same as a restore. Each runs only
 * if the one before succeeded: the last removes the files that describe the way back.
 * @param databaseState the state of the database with its name; null if unknown.
 */
export function wayBackCommands(
  way: Way,
  server: Server,
  state: InPlaceState,
  databaseState: DatabaseState | null,
): string[] {
  const { settings, database } = way;
  const { preRestoreArchive, properties, runId } = state;
  const live = database.database;
  const returning = returningName(live, runId);
  const asking = (name: string) => `asking ${shellWord(connectionString(name))}`;
  const run = (sql: string) => `${asking(server.maintenance)} -c ${shellWord(sql)}`;
  const give = (loading: 0 | 1) =>
    `${asking(server.maintenance)} -v loading=${loading} <${shellWord(wayBackPath(settings, database))}`;
  // An interrupted DROP leaves an invalid database, possibly only after these commands were printed.
  const invalid = `SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname = ${literal(live)} AND datconnlimit = -2 \\gexec`;
  const dropInvalid = `printf '%s\\n' ${shellWord(invalid)} | ${asking(server.maintenance)}`;
  const inTheWay: Record<DatabaseState, string[]> = {
    absent: [dropInvalid],
    invalid: [dropInvalid],
    whole: [
      run(`ALTER DATABASE ${identifier(live)} RENAME TO ${identifier(`${live.slice(0, 40)}_in_the_way`)}`),
    ],
  };
  const text = undoing(formatOfVerified(preRestoreArchive), ` <${shellWord(preRestoreArchive)}`);
  const late = lateSettings(loadedUnder(way, state)) !== null;
  return [
    askingFunction(way, server),
    ...[restoringName(live, runId), returning].map((name) =>
      run(`DROP DATABASE IF EXISTS ${identifier(name)}`),
    ),
    run(createStatement(returning, properties, server.versionNumber).replace(/;$/, "")),
    give(1),
    `(set -o pipefail && ${text} | ${asking(returning)} -c ${shellWord(liftForLoad.replace(/\s+/g, " "))} -f -)`,
    ...(late ? [`printf '%s\\n' ${shellCommand(...refill.split("\n"))} | ${asking(returning)}`] : []),
    `${asking(returning)} -c ANALYZE`,
    give(0),
    ...(databaseState === null ? [] : inTheWay[databaseState]),
    run(`ALTER DATABASE ${identifier(returning)} RENAME TO ${identifier(live)}`),
    `rm ${shellWord(inPlaceStatePath(settings, database))} ${shellWord(wayBackPath(settings, database))}`,
  ];
}

/** The same for people. */
export function wayBackText(
  run: Way,
  server: Server,
  state: InPlaceState,
  databaseState: DatabaseState | null,
): string {
  const commands = wayBackCommands(run, server, state, databaseState).map((command) => `  ${command}`);
  return [
    `Should it end without a database, these commands bring ${run.database.database} back from ${state.preRestoreArchive}, pasted into bash together:`,
    commands.join(" && \\\n"),
  ].join("\n");
}
