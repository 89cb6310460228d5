import { type BackupOutcome, backUp } from "./lib/backup/run.ts";
import { ExitCode, worst } from "./lib/base/exit-codes.ts";
import { formatBytes } from "./lib/base/format.ts";
import { forgetOldRecords } from "./lib/history/forget.ts";
import { monthlyAppender } from "./lib/history/monthly-writer.ts";
import { type RunEnd, recorded } from "./lib/history/recording.ts";
import { backupReport, backupVerdict } from "./lib/notify/backup-report.ts";
import { openPing, silentPing } from "./lib/notify/ping.ts";
import { runFor } from "./lib/postgres/run.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { chosenDatabases } from "./lib/program/chosen-databases.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";
import { youngBackup } from "./lib/status/young-backup.ts";
import { startAlone } from "./lib/system/child.ts";

const commandLine: CommandLine = {
  program: "backup_database",
  summary: "Takes a verified backup of each database and removes expired ones.",
  operands: {
    placeholder: "[NAME…]",
    description: "the databases, as the configuration names them; all unless given",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
  },
  options: [{ name: "json", description: "print the result as JSON" }],
  exitCodes: [
    [ExitCode.success, "every backup was taken and verified"],
    [ExitCode.failed, "a backup failed, or what has expired could not be removed; the log says why"],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.unavailable, "a container or its PostgreSQL does not answer"],
    [ExitCode.noSpace, "not enough space"],
    [ExitCode.locked, "another run holds a database's lock"],
    [ExitCode.notPermitted, "not run as root"],
    [ExitCode.configuration, "the settings file cannot be used"],
  ],
  examples: [
    ["backup_database", "every database"],
    ["backup_database --json NAME", "one database, the result for a program"],
  ],
};

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output, log, runId, signal } = context;
  const chosen = chosenDatabases(settings, given.operands);
  // A run of some databases says nothing about the others, so it must not report for the server.
  const ping = chosen.length === settings.databases.length ? openPing(settings, log, "backup") : silentPing;
  const outcomes: BackupOutcome[] = [];
  const progress = (bytes: number) => process.stdout.write(`\r\u001b[K${formatBytes(bytes)} written \r`);
  const listener = { begun: ping.start, ...(output.interactive ? { progress } : {}) };
  const records = monthlyAppender(settings.paths.backups);
  for (const database of chosen) {
    if (signal.aborted) break;
    const work = { program: commandLine.program, database: database.name };
    const run = runFor(context, database);
    outcomes.push(await recorded(records, context, work, () => backUp(run, listener), runEndOf));
  }
  if (!signal.aborted) forgetOldRecords(settings, log, new Date());
  const codes = outcomes.map((outcome) => outcome.exitCode);
  const exitCode = signal.aborted ? ExitCode.failed : worst(codes);
  if (given.flag("json")) {
    output.data(JSON.stringify({ version: 1, runId, exitCode, databases: outcomes }, null, 2));
  }
  const now = new Date();
  const hasYoungBackup = (name: string) => youngBackup(settings, name, now) !== null;
  const verdict = signal.aborted ? "fail" : backupVerdict(outcomes, hasYoungBackup);
  if (verdict !== null) await ping.end(verdict, backupReport(settings, outcomes, chosen));
  if (outcomes.some(({ backup }) => backup !== null)) startCopying(context);
  return exitCode;
}

/** The new backups leave the server at once; this run, its record and its ping are over by then. */
function startCopying({ log, settings }: ProgramContext): void {
  const { copyLauncher } = settings.paths;
  if (copyLauncher === undefined || (settings.copies?.stores ?? []).length === 0) return;
  startAlone(copyLauncher, ["--quiet"], ({ message }) => {
    // The store's own schedule starts it too.
    log.event("warning", null, `${copyLauncher} cannot be started: ${message}; run: pulumi up [DBK-COPY-11]`);
  });
}

function runEndOf({ backup, error, exitCode, removed }: BackupOutcome): RunEnd {
  const outcome =
    exitCode === ExitCode.success
      ? "succeeded"
      : exitCode === ExitCode.locked
        ? "refused"
        : backup === null
          ? "failed"
          : "partly";
  return {
    ...{ outcome, exitCode, error, removed: removed.length },
    file: backup?.archive.file ?? null,
    bytes: backup?.archive.bytes ?? null,
    databaseBytes: backup?.databaseBytes ?? null,
  };
}

runProgram({ commandLine, main });
