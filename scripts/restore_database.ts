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
import { fetchFrom, listAt } from "./lib/restore/from-store.ts";
import { restoreInto, restorePartlyInto } from "./lib/restore/into.ts";
import { backupAt, newestBackup, noBackup, noBackupAt } from "./lib/restore/moment.ts";
import { partlyExitCode } from "./lib/restore/partly-filling.ts";
import { planText } from "./lib/restore/planning.ts";
import { type Request, readRequest, restoreOptions } from "./lib/restore/request.ts";
import { listRestorable, restorableData, restorableText } from "./lib/restore/restorable.ts";
import { restoreFile } from "./lib/restore/restoration.ts";
import type { RestoreRun } from "./lib/restore/run.ts";
import { inspectSource, locateFile, type RestoreSource, targetOf } from "./lib/restore/source.ts";
import { restoreTables, tablesText } from "./lib/restore/tables.ts";
import { undoRestore } from "./lib/restore/undoing.ts";
import { verificationData, verificationText } from "./lib/restore/verification.ts";
import { listBackups } from "./lib/store/backups.ts";

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
    [ExitCode.failedAndPutBack, "in place: it failed; the database has its former content again"],
    [
      ExitCode.failedAndNotPutBack,
      "in place: it failed; the former content is not known to be back; the message says what to do",
    ],
    [
      ExitCode.unknown,
      "no answer to the swap: the live database is wholly the old or wholly the new one; see --list",
    ],
    [
      ExitCode.different,
      "with --keep-going: the new database exists; something of the backup is missing in it or differs",
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
    ["restore_database --from objects --latest", "the newest backup at a store"],
    ["restore_database --dry-run --at '2026-11-22 03:00'", "what that would do, and with which backup"],
    ["restore_database --table users --table orders FILE", "two tables, to copy rows from by hand"],
  ],
};

/** The result of a call, and its exit code. */
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
  const request = readRequest(given);
  if (request.action === "list" && request.from !== null) {
    output.data(await listAt(settings, request.from, request.database, given.flag("json"), signal));
    return ExitCode.success;
  }
  if (request.action === "list") return json(ExitCode.success, await list(context, request));
  let name: string | null = request.database ?? null;
  const recording = recordingOf(monthlyAppender(settings.paths.backups), context);
  let file: string | null = null;
  // A call that changes nothing leaves no record.
  const changes = !request.dryRun && request.action !== "verify-only";
  const chosen = (database: DatabaseSettings, path: string | null) => {
    name = database.name;
    file = path;
    const work = { program: commandLine.program, database: name, action: request.action };
    if (changes) recording.begin(work);
  };
  try {
    const { exitCode, data } = await execute(context, request, chosen);
    const outcome = exitCode === ExitCode.success ? "succeeded" : "partly";
    const error = exitCode === ExitCode.success ? null : "something of the backup is missing or differs";
    recording.end({ outcome, exitCode, error, file });
    return json(exitCode, data);
  } catch (error) {
    const exitCode = exitCodeOf(error);
    const isRefused = !hasBegun() && (signal.aborted || isRefusal(error));
    // The status check warns of failures, but not of refusals.
    const what = isRefused ? "restore refused" : "restore failed";
    const known = settings.databases.some((database) => database.name === name);
    // The status check reads the log, and must not warn of a call that changes nothing.
    if (request.dryRun || request.action === "verify-only") output.error(messageOf(error));
    else
      log.event("error", known ? name : null, identified(`${what}: ${messageOf(error)}`, "[DBK-RESTORE-1]"));
    const outcome = isRefused ? "refused" : "failed";
    recording.end({ outcome, exitCode, error: messageOf(error), file });
    const wayBack = error instanceof RestoreError ? error.wayBack : "";
    if (wayBack !== "") output.error(wayBack);
    return json(exitCode, { error: messageOf(error), ...(wayBack === "" ? {} : { wayBack }) });
  }
}

/** Called with the database as soon as it is known, and again with the backup's path. */
type Chosen = (database: DatabaseSettings, path: string | null) => void;

async function execute(context: ProgramContext, request: Request, chosen: Chosen): Promise<Outcome> {
  const { output, settings, signal } = context;
  if (request.action === "rollback") return rollBack(context, request, chosen);
  const path = await fileOf(context, request, chosen);
  output.print(`reading ${path} …`);
  const source = await inspectSource(path, signal);
  if (request.action === "verify-only") {
    output.print(verificationText(source));
    return done(verificationData(source));
  }
  const database = targetOf(settings, source, request.database);
  chosen(database, path);
  const { exitCode, data } = await restore(context, request, database, source);
  return { exitCode, data: { database: database.name, file: path, ...data } };
}

/** The named file, the newest backup, or that of the given moment; from a store or of this server. */
async function fileOf(
  { output, settings, signal }: ProgramContext,
  request: Request,
  chosen: Chosen,
): Promise<string> {
  const { at, database: explicit, from, latest, operand } = request;
  if (from !== null) {
    const database = operand === null ? onlyDatabase(settings, explicit) : null;
    if (database !== null) chosen(database, null);
    output.print(`fetching from ${from} …`);
    return fetchFrom(settings, from, { at, database: database?.name ?? explicit, operand }, signal);
  }
  if (at === null && !latest) return locateFile(settings, operand ?? "");
  const database = onlyDatabase(settings, explicit);
  chosen(database, null);
  const backups = listBackups(settings.paths.backups, database.name);
  if (at === null) {
    const newest = newestBackup(backups);
    if (newest === null) throw new RestoreError("unfit-file", noBackup(database.name));
    output.print(`--latest: ${newest.archivePath}, taken ${formatTime(newest.takenAt)}`);
    return newest.archivePath;
  }
  const { moment, written } = at;
  const backup = backupAt(backups, moment, written);
  if (backup === null) throw new RestoreError("unfit-file", noBackupAt(backups, moment, database.name));
  const age = formatAge(backup.takenAt, moment);
  output.print(`--at ${written} is ${formatTime(moment)}: the verified backup of ${database.name} for it`);
  output.print(`  is ${backup.archivePath}, taken ${formatTime(backup.takenAt)}, ${age}`);
  return backup.archivePath;
}

async function restore(
  context: ProgramContext,
  request: Request,
  database: DatabaseSettings,
  source: RestoreSource,
): Promise<Outcome> {
  const run = { ...runFor(context, database), acceptsDifferences: request.acceptDifferences };
  if (request.dryRun) return planned(run, request, source);
  if (request.action === "into" && request.keepGoing) {
    const report = await restorePartlyInto(run, source, request.into);
    return { exitCode: partlyExitCode(report), data: report };
  }
  if (request.action === "into") return done(await restoreInto(run, source, request.into));
  if (request.action === "table") {
    const report = await restoreTables(run, source, request.tables);
    context.output.print(tablesText(report, database.database));
    return done(report);
  }
  const inPlace = request.action === "in-place";
  return done(await restoreFile(run, { source, confirmed: request.confirmed, inPlace, proofs }));
}

async function rollBack(context: ProgramContext, request: Request, chosen: Chosen): Promise<Outcome> {
  const database = onlyDatabase(context.settings, request.database);
  chosen(database, null);
  const run = { ...runFor(context, database), acceptsDifferences: request.acceptDifferences };
  const { exitCode, data } = request.dryRun
    ? await planned(run, request, null)
    : done(
        await undoRestore(run, { kept: request.operand ?? undefined, confirmed: request.confirmed, proofs }),
      );
  return { exitCode, data: { database: database.name, ...data } };
}

async function planned(run: RestoreRun, request: Request, source: RestoreSource | null): Promise<Outcome> {
  const plan = await planRestore(run, request, source, proofs);
  run.output.print(planText(plan));
  return { exitCode: plan.exitCode, data: { steps: plan.steps } };
}

async function list({ output, runId, settings, signal }: ProgramContext, request: Request): Promise<object> {
  const explicit = request.database;
  const databases = explicit === undefined ? settings.databases : [onlyDatabase(settings, explicit)];
  const listings = await listRestorable(settings, databases, runId, signal);
  output.print(restorableText(listings, new Date()));
  return { databases: restorableData(listings) };
}

function onlyDatabase({ databases }: Settings, explicit: string | undefined): DatabaseSettings {
  const known = databases.map(({ name }) => name).join(", ");
  if (explicit === undefined && databases.length !== 1)
    throw new UsageError(`say which with --database: ${known}`);
  const database = explicit === undefined ? databases[0] : databases.find(({ name }) => name === explicit);
  if (database === undefined)
    throw new UsageError(`there is no database ${explicit}; the settings have ${known}`);
  return database;
}

runProgram({ commandLine, main });
