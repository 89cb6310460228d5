import { ExitCode, worst } from "./lib/base/exit-codes.ts";
import { monthlyAppender } from "./lib/history/monthly-writer.ts";
import { type RunEnd, recorded } from "./lib/history/recording.ts";
import { openPing, silentPing } from "./lib/notify/ping.ts";
import { type RehearsalEnding, rehearsalReport, rehearsalVerdict } from "./lib/notify/rehearsal-report.ts";
import { runFor } from "./lib/postgres/run.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";
import { choose } from "./lib/rehearsal/choice.ts";
import { type RehearsalOutcome, rehearse } from "./lib/rehearsal/rehearsal.ts";
import { untriedText } from "./lib/rehearsal/report.ts";
import { hasYoungRehearsal } from "./lib/status/young-rehearsal.ts";

const commandLine: CommandLine = {
  program: "rehearse_restore",
  summary:
    "Proves that a backup restores: restores it into a throw-away container of the live one's image, compares everything that its manifest says, and removes it again.",
  operands: {
    placeholder: "[NAME] [FILE]",
    description:
      "a database, as the configuration names it; a backup by its name in the backups directory, or a path with a slash (./FILE); every database unless given",
    minimum: 0,
    maximum: 2,
  },
  options: [
    { name: "latest", description: "the newest verified backup, as without a file" },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "every backup restores to what was backed up"],
    [ExitCode.failed, "a backup could not be restored; the log says why"],
    [ExitCode.different, "what was restored is not what was backed up; the log names the tables"],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.badFile, "there is no verified backup, or it is damaged"],
    [ExitCode.unavailable, "Docker, the container or its image is not there"],
    [ExitCode.noSpace, "skipped: there is not twice the space that it needs"],
    [ExitCode.locked, "another rehearsal of the database is at work"],
    [ExitCode.notPermitted, "not run as root"],
    [ExitCode.configuration, "the settings file cannot be used"],
  ],
  examples: [
    ["rehearse_restore", "the newest backup of every database"],
    ["rehearse_restore FILE", "one backup"],
  ],
};

async function main(context: ProgramContext): Promise<number> {
  const { arguments: given, output, log, runId, settings, signal } = context;
  // A person who names a backup sees the result. Only cron's run, which names none, reports to the monitoring.
  const ping = given.operands.length === 0 ? openPing(settings, log, "rehearsal") : silentPing;
  const outcomes: RehearsalOutcome[] = [];
  const records = monthlyAppender(settings.paths.backups);
  for (const choice of choose(settings, given.operands, given.flag("latest"))) {
    if (signal.aborted) break;
    const { database } = choice;
    const run = { ...runFor(context, database), acceptsDifferences: false };
    const work = { program: commandLine.program, database: database.name };
    outcomes.push(await recorded(records, context, work, () => rehearse(run, choice, ping.start), runEndOf));
  }
  const codes = outcomes.map(({ exitCode }) => exitCode);
  const exitCode = signal.aborted ? ExitCode.failed : worst(codes);
  if (given.flag("json")) {
    output.data(JSON.stringify({ version: 1, runId, exitCode, rehearsals: outcomes }, null, 2));
  }
  const now = new Date();
  const isProved = (name: string) => hasYoungRehearsal(settings, name, now);
  const verdict = signal.aborted ? "fail" : rehearsalVerdict(outcomes, isProved);
  if (verdict !== null) await ping.end(verdict, rehearsalReport(settings, outcomes.map(endingOf)));
  return exitCode;
}

const endingOf = ({ database, exitCode, record, error }: RehearsalOutcome): RehearsalEnding => ({
  database,
  exitCode,
  differences: record?.differences ?? [],
  untried: record === null ? "" : untriedText(record),
  error,
});

/** At most so many differences are printed. A damaged database differs in everything. */
const namedDifferences = 3;

function runEndOf({ error, exitCode, record }: RehearsalOutcome): RunEnd {
  const outcome =
    exitCode === ExitCode.success
      ? "succeeded"
      : exitCode === ExitCode.locked
        ? "refused"
        : exitCode === ExitCode.noSpace && record === null
          ? "skipped"
          : "failed";
  const differences = record?.differences ?? [];
  const named = differences.slice(0, namedDifferences).join("; ");
  return {
    ...{ outcome, exitCode },
    error: error ?? (differences.length === 0 ? null : named),
    file: record?.archive ?? null,
  };
}

runProgram({ commandLine, main });
