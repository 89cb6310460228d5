import { existsSync, fstatSync, statSync } from "node:fs";
import type { RunRecord } from "./contract/run-record.ts";
import type { StatusReport } from "./contract/status-report.ts";
import { UsageError } from "./lib/base/errors.ts";
import { printable } from "./lib/base/terminal.ts";
import { monthlyFiles } from "./lib/history/monthly-files.ts";
import { emptyRecord } from "./lib/history/recording.ts";
import type { RunRecords } from "./lib/history/records.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { chosenDatabases } from "./lib/program/chosen-databases.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";
import { judgeServer } from "./lib/status/judgement.ts";
import { exitCodes } from "./lib/status/levels.ts";
import { mailOf } from "./lib/status/mail.ts";
import { readMailRecord, writeMailRecord } from "./lib/status/mail-record.ts";
import type { ServerObservation } from "./lib/status/observation.ts";
import { observeServer } from "./lib/status/observe-server.ts";
import { mailText, problemText, reportText } from "./lib/status/report-text.ts";
import { cronExpressionProblem, nextRun } from "./lib/time/cron-schedule.ts";

const commandLine: CommandLine = {
  program: "check_database_status",
  summary: "Looks at the databases, their backups, the schedule, the disks and the log, and says what to do.",
  operands: {
    placeholder: "[NAME…]",
    description: "the databases, as the configuration names them; all unless given",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
  },
  options: [
    { name: "json", description: "print the report as JSON (docs/status.schema.json)" },
    {
      name: "mail",
      description:
        "for cron: print the mail on stderr: problems when they begin, once a day while they last, and their end",
    },
  ],
  exitCodes: [
    [exitCodes.healthy, "healthy; what needs nothing done is a note"],
    [exitCodes.warning, "warning"],
    [exitCodes.critical, "critical"],
    [exitCodes.unknown, "unknown: the check is incomplete, or the command line or settings are wrong"],
  ],
  examples: [
    ["check_database_status", "every database"],
    ["check_database_status --json NAME", "one database, for a monitoring program"],
    ["check_database_status --quiet", "prints problems only"],
  ],
};

const logLevels = { healthy: "info", warning: "warning", unknown: "warning", critical: "error" } as const;

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output } = context;
  if (given.flag("json") && given.flag("mail")) throw new UsageError("--json and --mail exclude each other");
  const databases = chosenDatabases(settings, given.operands);
  const began = new Date();
  const records = monthlyFiles(settings.paths.backups);
  const observation = await observeServer(settings, databases, { ...context, records });
  // A check of some databases says nothing about the others, so its verdict is not recorded.
  const isWhole = databases.length === settings.databases.length;
  const report = judgedAndWritten(observation, context, isWhole ? { records, began } : null);
  const isLogged = isFile(process.stdout.fd, settings.paths.log);
  // The cron table of an older version does not use --mail. There, only redirections of output tell that cron mails.
  const mails =
    given.flag("mail") || (given.flag("quiet") && isLogged && !isFile(process.stderr.fd, settings.paths.log));
  if (given.flag("json")) output.data(JSON.stringify(report, null, 2));
  else if (mails) await mailNews(context, report);
  else if (!given.flag("quiet")) output.print(reportText(report, output.paint));
  // The log has the verdict already.
  else if (report.verdict !== "healthy" && !isLogged) output.data(problemText(report, output.paint));
  return report.exitCode;
}

/** cron mails the output on stderr. Only text that was really written there counts as mailed. */
async function mailNews({ settings, output, log }: ProgramContext, report: StatusReport): Promise<void> {
  const { status } = settings.schedule;
  const before = readMailRecord(settings);
  const { mail, record } = mailOf(report, {
    record: before,
    configured: settings.databases.map(({ name }) => name),
    nextCheck: cronExpressionProblem(status) === null ? nextRun(status, new Date(report.checkedAt)) : null,
  });
  if (mail !== null && !(await isWritten(mailText(report, mail, output.paint)))) {
    log.record("warning", null, "could not write the mail; the next check tries again [DBK-ALERT-3]");
    return;
  }
  const problem = writeMailRecord(settings, record);
  if (problem !== null)
    log.record("warning", null, `could not write down what was mailed: ${problem} [DBK-ALERT-3]`);
}

const isWritten = (text: string): Promise<boolean> =>
  new Promise((resolve) => {
    process.stderr.write(printable(`${text}\n`), (error) => resolve(error == null));
  });

/**
 * The report, after its verdict was written into the log and, if it is news, into the run records. Only a write shows
 * that a disk is full. If one fails, the report is judged again and includes the failure.
 */
function judgedAndWritten(
  observation: ServerObservation,
  { log, settings, runId }: ProgramContext,
  recording: { records: RunRecords; began: Date } | null,
): StatusReport {
  const report = judgeServer(observation);
  log.record(logLevels[report.verdict], null, `status ${report.summary}`);
  const record = emptyRecord(settings, commandLine.program, runId, recording?.began ?? new Date());
  // A check does not create a missing directory of backups.
  const hasPlace = existsSync(settings.paths.backups);
  const unwritten =
    hasPlace && isNews(report, observation) && recording?.records.append(recordOf(report, record));
  const { problem: logProblem } = log;
  const recordProblem = unwritten || observation.recordProblem;
  return logProblem === observation.logProblem && recordProblem === observation.recordProblem
    ? report
    : judgeServer({ ...observation, logProblem, recordProblem });
}

/** Whether the verdict differs from the last recorded one. Without a recent record it is news too. */
function isNews({ verdict }: StatusReport, { history }: ServerObservation): boolean {
  if (!history.readable) return false;
  const last = history.value.records.findLast(({ program }) => program === commandLine.program);
  return verdict !== last?.outcome;
}

function recordOf({ exitCode, summary, verdict }: StatusReport, record: RunRecord): RunRecord {
  const ended = new Date();
  return {
    ...record,
    event: "ended",
    ended: ended.toISOString(),
    durationSeconds: Math.max(0, ended.getTime() - Date.parse(record.began)) / 1000,
    outcome: verdict,
    exitCode,
    error: verdict === "healthy" ? null : { kind: verdict, text: summary },
  };
}

/** Whether a descriptor is open on the file. False for a path that cannot be followed, such as a cycle of links. */
function isFile(descriptor: number, path: string): boolean {
  try {
    const [open, file] = [fstatSync(descriptor), statSync(path)];
    return open.dev === file.dev && open.ino === file.ino;
  } catch {
    return false;
  }
}

runProgram({ commandLine, main, failureCode: exitCodes.unknown, judgesLog: true });
