import { fstatSync, statSync } from "node:fs";
import type { CommandLine } from "./lib/arguments.ts";
import { chosenDatabases } from "./lib/chosen-databases.ts";
import type { Log } from "./lib/log.ts";
import { type Output, type ProgramContext, runProgram } from "./lib/program.ts";
import type { Settings } from "./lib/settings.ts";
import { judgeServer } from "./lib/status/judgement.ts";
import { exitCodes } from "./lib/status/levels.ts";
import { isNews } from "./lib/status/news.ts";
import type { ServerObservation } from "./lib/status/observation.ts";
import { observeServer } from "./lib/status/observe-server.ts";
import type { StatusReport } from "./lib/status/report.ts";
import { problemText, reportText } from "./lib/status/report-text.ts";

const commandLine: CommandLine = {
  program: "check_database_status",
  summary: "Looks at the databases, their backups, the schedule, the disks and the log, and says what to do.",
  operands: {
    placeholder: "[NAME…]",
    description: "the databases, as the configuration names them; all unless given",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
  },
  options: [{ name: "json", description: "print the report as JSON (docs/status.schema.json)" }],
  exitCodes: [
    [exitCodes.healthy, "healthy; what needs nothing done is a note"],
    [exitCodes.warning, "warning"],
    [exitCodes.critical, "critical"],
    [
      exitCodes.unknown,
      "unknown: something could not be looked at, or the command line or settings are wrong",
    ],
  ],
  examples: [
    ["check_database_status", "every database"],
    ["check_database_status --json NAME", "one database, for a monitoring program"],
    ["check_database_status --quiet", "for cron: prints problems only"],
  ],
};

const logLevels = { healthy: "info", warning: "warning", unknown: "warning", critical: "error" } as const;

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output, log } = context;
  const databases = chosenDatabases(settings, given.operands);
  const observation = await observeServer(settings, databases, context);
  const report = judgedAndLogged(observation, log);
  if (given.flag("json")) output.data(JSON.stringify(report, null, 2));
  else if (!given.flag("quiet")) output.print(reportText(report, output.paint));
  else if (report.verdict !== "healthy") tellQuietly(settings, output, report, observation.log);
  return report.exitCode;
}

/**
 * cron's entry appends what is printed to the log, where the verdict stands already; what goes to stderr it mails, if
 * it is to mail at all. That is for problems which no check has told in the last day.
 */
function tellQuietly(
  { paths }: Settings,
  output: Output,
  report: StatusReport,
  log: ServerObservation["log"],
): void {
  const text = problemText(report, output.paint);
  if (!isFile(process.stdout.fd, paths.log)) output.data(text);
  else if (!isFile(process.stderr.fd, paths.log) && isNews(report, log.seen ? (log.value ?? []) : []))
    output.error(text);
}

/**
 * The report, whose verdict is in the log by then; only the attempt to write it shows that the log's disk is full. The
 * report tells it to the person, so the log shows it to nobody.
 */
function judgedAndLogged(observation: ServerObservation, log: Log): StatusReport {
  const report = judgeServer(observation);
  log.record(logLevels[report.verdict], null, `status ${report.summary}`);
  const logProblem = log.problem;
  return logProblem === observation.logProblem ? report : judgeServer({ ...observation, logProblem });
}

/** Whether a descriptor is that file. */
function isFile(descriptor: number, path: string): boolean {
  const open = fstatSync(descriptor);
  const file = statSync(path, { throwIfNoEntry: false });
  return file !== undefined && open.dev === file.dev && open.ino === file.ino;
}

runProgram({ commandLine, main, failureCode: exitCodes.unknown, judgesLog: true });
