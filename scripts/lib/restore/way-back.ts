import { compressionOfFile, decompressing } from "../compression.ts";
import { restoringName } from "../database-names.ts";
import { replaceDurably } from "../durable-file.ts";
import { connectionString, identifier } from "../sql.ts";
import { type InPlaceState, inPlaceStatePath, wayBackPath } from "./in-place-state.ts";
import type { LiveServer } from "./live-server.ts";
import { createStatement, propertyStatements } from "./recreation.ts";
import type { RestoreRun } from "./run.ts";
import type { Standing } from "./standing.ts";

/** One word of a POSIX shell. */
const word = (text: string): string =>
  /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** What of the database's own settings must not hold for who loads the dump. */
const loadSettings =
  "-c role=none -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0";

type Way = Pick<RestoreRun, "settings" | "database">;
type Server = Pick<LiveServer, "maintenance" | "versionNumber">;

/**
 * Writes the statements that give the database its owner, settings and grants again, for `wayBackCommands`: a file for
 * root alone, because an application may keep a secret in a setting of its own.
 */
export function writeWayBack({ settings, database }: Way, { properties }: InPlaceState): void {
  const path = wayBackPath(settings, database);
  const statements = propertyStatements(database.database, properties);
  replaceDurably(path, `${path}~`, `${statements.join("\n")}\n`);
}

/**
 * The commands that bring the database back without these programs, in bash on the server. None may run when the one
 * before has failed: the last removes what is known of the way back.
 * @param standing what stands under its name; null where that is not known.
 */
export function wayBackCommands(
  { settings, database }: Way,
  server: Server,
  { preRestoreArchive, properties, runId }: InPlaceState,
  standing: Standing | null,
): string[] {
  const { container, database: live, passwordFile, port, user } = database;
  const { maintenance } = server;
  const secret = passwordFile === undefined ? "" : `PGPASSWORD="$(cat ${word(passwordFile)})" `;
  const psql = (name: string, before: string[] = []) =>
    secret +
    [
      "docker",
      "exec",
      "-i",
      "-e",
      "PGHOST=",
      ...(passwordFile === undefined ? [] : ["-e", "PGPASSWORD"]),
      ...before,
      container,
      "psql",
      "-X",
      "-q",
      "-o",
      "/dev/null",
      "-v",
      "ON_ERROR_STOP=1",
    ]
      .concat([...(port === undefined ? [] : ["-p", String(port)]), "-U", user, "-d", connectionString(name)])
      .map(word)
      .join(" ");
  const run = (sql: string) => `${psql(maintenance)} -c ${word(sql)}`;
  const name = identifier(live);
  const inTheWay: Record<Standing, string[]> = {
    absent: [],
    invalid: [run(`DROP DATABASE ${name}`)],
    whole: [run(`ALTER DATABASE ${name} RENAME TO ${identifier(`${live.slice(0, 40)}_in_the_way`)}`)],
  };
  const archive = word(preRestoreArchive);
  const compression = compressionOfFile(preRestoreArchive) ?? "gzip";
  return [
    run(`DROP DATABASE IF EXISTS ${identifier(restoringName(live, runId))}`),
    ...(standing === null ? [] : inTheWay[standing]),
    run(createStatement(live, properties, server.versionNumber).replace(/;$/, "")),
    `${psql(maintenance)} <${word(wayBackPath(settings, database))}`,
    `(set -o pipefail && ${decompressing[compression]} ${archive} | ${psql(live, ["-e", `PGOPTIONS=${loadSettings}`])})`,
    `${psql(live)} -c ANALYZE`,
    `rm ${word(inPlaceStatePath(settings, database))} ${word(wayBackPath(settings, database))}`,
  ];
}

/** The same for people. */
export function wayBackText(
  run: Way,
  server: Server,
  state: InPlaceState,
  standing: Standing | null,
): string {
  const commands = wayBackCommands(run, server, state, standing).map((command) => `  ${command}`);
  return [
    `Without these programs, should it end without a database, these commands bring ${run.database.database} back from ${state.preRestoreArchive}, pasted into bash together, so that they stop at the first that fails:`,
    commands.join(" && \\\n"),
  ].join("\n");
}
