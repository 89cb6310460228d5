import type { Arguments, CommandLine } from "./lib/arguments.ts";
import { messageOf, UsageError } from "./lib/errors.ts";
import { ExitCode } from "./lib/exit-codes.ts";
import { exitCodeOf, type ProgramContext, runProgram } from "./lib/program.ts";
import { listingData, listingText, listRestorable } from "./lib/restore/listing.ts";
import { restoreFile } from "./lib/restore/restoration.ts";
import { inspectSource, locateFile, targetOf } from "./lib/restore/source.ts";
import { undoRestore } from "./lib/restore/undoing.ts";
import type { DatabaseSettings, Settings } from "./lib/settings.ts";

const commandLine: CommandLine = {
  program: "restore_database",
  summary:
    "Replaces a database by a backup of it. The backup is restored beside the live database, checked, and swapped with it in one transaction.",
  operands: {
    placeholder: "FILE",
    description: "the backup: a path, or a name in the backups directory; with --rollback the kept database",
    minimum: 0,
    maximum: 1,
  },
  options: [
    {
      name: "database",
      value: "NAME",
      description: "which configured database, also for a file of another one",
    },
    { name: "yes", description: "do not ask; required without a terminal" },
    { name: "in-place", description: "drop the live database first, where there is no space for two" },
    { name: "rollback", description: "undo: bring back the database that the last restore replaced" },
    { name: "list", description: "show the backups and the kept databases" },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "restored, rolled back or listed"],
    [ExitCode.failed, "it failed; the live database was not touched"],
    [ExitCode.failedAndPutBack, "in place: it failed, and the database is again what it was"],
    [
      ExitCode.failedAndNotPutBack,
      "in place: it failed, and the database is not put back, or that is not known; the message says what to do",
    ],
    [
      ExitCode.unknown,
      "no answer to the swap: the live database is wholly the old or wholly the new one; see --list",
    ],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.badFile, "the file is missing, damaged, of another database or of a newer PostgreSQL"],
    [ExitCode.unavailable, "the container or its PostgreSQL does not answer"],
    [ExitCode.noSpace, "not enough space"],
    [ExitCode.locked, "another run holds the database's lock"],
    [ExitCode.notPermitted, "not confirmed, or not run as root"],
    [ExitCode.configuration, "the settings file cannot be used"],
  ],
  examples: [
    ["restore_database --list", "what there is"],
    ["restore_database FILE", "asks for the database's name before it does anything"],
    ["restore_database --rollback", "undoes that"],
  ],
};

/** Nothing is wrong when a person declines or has to come back later; the status check warns of what failed. */
const refusals: ReadonlySet<number> = new Set([ExitCode.usage, ExitCode.locked, ExitCode.notPermitted]);

async function main(context: ProgramContext): Promise<number> {
  const { arguments: given, log, output, settings } = context;
  const json = given.flag("json");
  if (given.flag("list")) {
    if (given.operands.length > 0) throw new UsageError("--list takes no file; --database NAME shows one");
    return list(context, json);
  }
  requireOneWish(given);
  const told = given.value("database");
  let name: string | null = told ?? null;
  try {
    const result = given.flag("rollback")
      ? await rollBack(context, onlyDatabase(settings, told))
      : await restore(context, (database) => {
          name = database.name;
        });
    if (json)
      output.data(JSON.stringify({ version: 1, runId: context.runId, exitCode: 0, ...result }, null, 2));
    return ExitCode.success;
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const known = settings.databases.some((database) => database.name === name);
    const what = refusals.has(exitCode) ? "restore refused" : "restore failed";
    log.event("error", known ? name : null, `${what}: ${messageOf(error)}`);
    if (json) {
      output.data(
        JSON.stringify({ version: 1, runId: context.runId, exitCode, error: messageOf(error) }, null, 2),
      );
    }
    return exitCode;
  }
}

function requireOneWish(given: Arguments): void {
  const rollback = given.flag("rollback");
  if (rollback && given.flag("in-place"))
    throw new UsageError("--rollback and --in-place exclude each other");
  if (!rollback && given.operands.length === 0) {
    throw new UsageError("name the backup to restore; restore_database --list shows what there is");
  }
}

async function restore(
  context: ProgramContext,
  chosen: (database: DatabaseSettings) => void,
): Promise<object> {
  const { arguments: given, output, settings, signal } = context;
  const path = locateFile(settings, given.operands[0] ?? "");
  output.print(`reading ${path} …`);
  const source = await inspectSource(path, signal);
  const database = targetOf(settings, source, given.value("database"));
  chosen(database);
  const wish = { source, confirmed: given.flag("yes"), inPlace: given.flag("in-place") };
  const report = await restoreFile({ ...context, database }, wish);
  return { database: database.name, file: path, ...report };
}

async function rollBack(context: ProgramContext, database: DatabaseSettings): Promise<object> {
  const { arguments: given } = context;
  const wish = { kept: given.operands[0], confirmed: given.flag("yes") };
  return { database: database.name, ...(await undoRestore({ ...context, database }, wish)) };
}

async function list({ arguments: given, output, runId, settings, signal }: ProgramContext, json: boolean) {
  const told = given.value("database");
  const databases = told === undefined ? settings.databases : [onlyDatabase(settings, told)];
  const listings = await listRestorable(settings, databases, runId, signal);
  if (json) output.data(JSON.stringify({ version: 1, databases: listingData(listings) }, null, 2));
  else output.print(listingText(listings, new Date()));
  return ExitCode.success;
}

function onlyDatabase({ databases }: Settings, told: string | undefined): DatabaseSettings {
  const known = databases.map(({ name }) => name).join(", ");
  if (told === undefined && databases.length !== 1)
    throw new UsageError(`say which with --database: ${known}`);
  const database = told === undefined ? databases[0] : databases.find(({ name }) => name === told);
  if (database === undefined)
    throw new UsageError(`there is no database ${told}; the settings have ${known}`);
  return database;
}

runProgram({ commandLine, main });
