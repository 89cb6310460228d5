import { identified } from "./contract/error-ids.ts";
import type { DatabaseSettings, Settings } from "./contract/settings.ts";
import { messageOf, UsageError } from "./lib/base/errors.ts";
import { ExitCode } from "./lib/base/exit-codes.ts";
import { formatAge, formatTime } from "./lib/base/format.ts";
import { monthlyAppender } from "./lib/history/monthly-writer.ts";
import { recordingOf } from "./lib/history/recording.ts";
import { runFor } from "./lib/postgres/run.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { exitCodeOf, type ProgramContext, runProgram } from "./lib/program/program.ts";
import { proofs } from "./lib/rehearsal/proof.ts";
import { isRefusal, rememberingBeginning } from "./lib/restore/beginning.ts";
import { planRestore } from "./lib/restore/dry-run.ts";
import { RestoreError } from "./lib/restore/errors.ts";
import { restoreInto, restorePartlyInto } from "./lib/restore/into.ts";
import { listingData, listingText, listRestorable } from "./lib/restore/listing.ts";
import { backupAt, noBackupAt } from "./lib/restore/moment.ts";
import { partlyExitCode } from "./lib/restore/partly-filling.ts";
import { planText } from "./lib/restore/planning.ts";
import { restoreFile } from "./lib/restore/restoration.ts";
import type { RestoreRun } from "./lib/restore/run.ts";
import { inspectSource, locateFile, type RestoreSource, targetOf } from "./lib/restore/source.ts";
import { restoreTables, tablesText } from "./lib/restore/tables.ts";
import { undoRestore } from "./lib/restore/undoing.ts";
import { verificationData, verificationText } from "./lib/restore/verification.ts";
import { readWish, restoreOptions, type Wish } from "./lib/restore/wish.ts";
import { listBackups } from "./lib/store/list.ts";

const commandLine: CommandLine = {
  program: "restore_database",
  summary:
    "Replaces a database by a backup of it. The backup is restored beside the live database, checked, and swapped with it in one transaction.",
  operands: {
    placeholder: "FILE",
    description:
      "the backup: a name in the backups directory, or a path with a slash (./FILE); with --rollback the kept database",
    minimum: 0,
    maximum: 1,
  },
  options: restoreOptions,
  exitCodes: [
    [ExitCode.success, "done; with --dry-run: it could be done"],
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
    [
      ExitCode.different,
      "with --keep-going: the new database is there, and something of the backup is not in it or differs",
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
    ["restore_database --dry-run --at '2026-11-22 03:00'", "what that would do, and with which backup"],
    ["restore_database --table users --table orders FILE", "two tables, to copy rows from by hand"],
  ],
};

/** What a call did, and with what it exits. */
interface Outcome {
  exitCode: ExitCode;
  data: object;
}

const done = (data: object): Outcome => ({ exitCode: ExitCode.success, data });

async function main(given: ProgramContext): Promise<number> {
  const { log, hasBegun } = rememberingBeginning(given.log);
  return restoring({ ...given, log }, hasBegun);
}

async function restoring(context: ProgramContext, hasBegun: () => boolean): Promise<number> {
  const { arguments: given, log, output, runId, settings, signal } = context;
  const json = (exitCode: number, data: object) => {
    if (given.flag("json")) output.data(JSON.stringify({ version: 1, runId, exitCode, ...data }, null, 2));
    return exitCode;
  };
  const wish = readWish(given);
  if (wish.action === "list") return json(ExitCode.success, await list(context, wish));
  let name: string | null = wish.database ?? null;
  const recording = recordingOf(monthlyAppender(settings.paths.backups), context);
  let file: string | null = null;
  // What only looks leaves no record.
  const changes = !wish.dryRun && wish.action !== "verify-only";
  const chosen = (database: DatabaseSettings, path: string | null) => {
    name = database.name;
    file = path;
    const work = { program: commandLine.program, database: name, action: wish.action };
    if (changes) recording.begin(work);
  };
  try {
    const { exitCode, data } = await fulfil(context, wish, chosen);
    const outcome = exitCode === ExitCode.success ? "succeeded" : "partly";
    const error = exitCode === ExitCode.success ? null : "something of the backup is missing or differs";
    recording.end({ outcome, exitCode, error, file });
    return json(exitCode, data);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const isRefused = !hasBegun() && (signal.aborted || isRefusal(error));
    // The status check warns of what failed.
    const what = isRefused ? "restore refused" : "restore failed";
    const known = settings.databases.some((database) => database.name === name);
    // What only looks has failed at nothing that the status check should warn of.
    if (wish.dryRun || wish.action === "verify-only") output.error(messageOf(error));
    else
      log.event("error", known ? name : null, identified(`${what}: ${messageOf(error)}`, "[DBK-RESTORE-1]"));
    const outcome = isRefused ? "refused" : "failed";
    recording.end({ outcome, exitCode, error: messageOf(error), file });
    const wayBack = error instanceof RestoreError ? error.wayBack : "";
    if (wayBack !== "") output.error(wayBack);
    return json(exitCode, { error: messageOf(error), ...(wayBack === "" ? {} : { wayBack }) });
  }
}

/** Is told the database as soon as it is known, and again with the backup's path. */
type Chosen = (database: DatabaseSettings, path: string | null) => void;

async function fulfil(context: ProgramContext, wish: Wish, chosen: Chosen): Promise<Outcome> {
  const { output, settings, signal } = context;
  if (wish.action === "rollback") return rollBack(context, wish, chosen);
  const path = fileOf(context, wish, chosen);
  output.print(`reading ${path} …`);
  const source = await inspectSource(path, signal);
  if (wish.action === "verify-only") {
    output.print(verificationText(source));
    return done(verificationData(source));
  }
  const database = targetOf(settings, source, wish.database);
  chosen(database, path);
  const { exitCode, data } = await restore(context, wish, database, source);
  return { exitCode, data: { database: database.name, file: path, ...data } };
}

/** The file that is named, or that of the moment that is. */
function fileOf({ output, settings }: ProgramContext, wish: Wish, chosen: Chosen): string {
  if (wish.at === null) return locateFile(settings, wish.operand ?? "");
  const { moment, written } = wish.at;
  const database = onlyDatabase(settings, wish.database);
  chosen(database, null);
  const backups = listBackups(settings.paths.backups, database.name);
  const backup = backupAt(backups, moment, written);
  if (backup === null) throw new RestoreError("unfit-file", noBackupAt(backups, moment, database.name));
  const age = formatAge(backup.takenAt, moment);
  output.print(`--at ${written} is ${formatTime(moment)}: the verified backup of ${database.name} for it`);
  output.print(`  is ${backup.archivePath}, taken ${formatTime(backup.takenAt)}, ${age}`);
  return backup.archivePath;
}

async function restore(
  context: ProgramContext,
  wish: Wish,
  database: DatabaseSettings,
  source: RestoreSource,
): Promise<Outcome> {
  const run = { ...runFor(context, database), acceptsDifferences: wish.acceptDifferences };
  if (wish.dryRun) return planned(run, wish, source);
  if (wish.action === "into" && wish.keepGoing) {
    const report = await restorePartlyInto(run, source, wish.into);
    return { exitCode: partlyExitCode(report), data: report };
  }
  if (wish.action === "into") return done(await restoreInto(run, source, wish.into));
  if (wish.action === "table") {
    const report = await restoreTables(run, source, wish.tables);
    context.output.print(tablesText(report, database.database));
    return done(report);
  }
  const inPlace = wish.action === "in-place";
  return done(await restoreFile(run, { source, confirmed: wish.confirmed, inPlace, proofs }));
}

async function rollBack(context: ProgramContext, wish: Wish, chosen: Chosen): Promise<Outcome> {
  const database = onlyDatabase(context.settings, wish.database);
  chosen(database, null);
  const run = { ...runFor(context, database), acceptsDifferences: wish.acceptDifferences };
  const { exitCode, data } = wish.dryRun
    ? await planned(run, wish, null)
    : done(await undoRestore(run, { kept: wish.operand ?? undefined, confirmed: wish.confirmed, proofs }));
  return { exitCode, data: { database: database.name, ...data } };
}

async function planned(run: RestoreRun, wish: Wish, source: RestoreSource | null): Promise<Outcome> {
  const plan = await planRestore(run, wish, source, proofs);
  run.output.print(planText(plan));
  return { exitCode: plan.exitCode, data: { steps: plan.steps } };
}

async function list({ output, runId, settings, signal }: ProgramContext, wish: Wish): Promise<object> {
  const told = wish.database;
  const databases = told === undefined ? settings.databases : [onlyDatabase(settings, told)];
  const listings = await listRestorable(settings, databases, runId, signal);
  output.print(listingText(listings, new Date()));
  return { databases: listingData(listings) };
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
