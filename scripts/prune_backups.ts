import type { DatabaseSettings } from "./contract/settings.ts";
import { UsageError } from "./lib/base/errors.ts";
import { ExitCode, worst } from "./lib/base/exit-codes.ts";
import { plural } from "./lib/base/format.ts";
import { forgetOldRecords } from "./lib/history/forget.ts";
import { monthlyAppender } from "./lib/history/monthly-writer.ts";
import { type RunEnd, recorded } from "./lib/history/recording.ts";
import { runFor } from "./lib/postgres/run.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { chosenDatabases } from "./lib/program/chosen-databases.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";
import { pruningPreview, pruningPreviewText } from "./lib/retention/pruning-preview.ts";
import { type PruningOutcome, pruneLocked } from "./lib/retention/run.ts";
import { accept } from "./lib/store/acceptance.ts";
import { namedBackup } from "./lib/store/find.ts";

const commandLine: CommandLine = {
  program: "prune_backups",
  summary:
    "Removes the backups that retention no longer keeps, as each backup run does, or says what it would do.",
  operands: {
    placeholder: "[NAME…]",
    description: "the databases, as the configuration names them; all unless given",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
  },
  options: [
    { name: "dry-run", description: "remove nothing; say of every file why it stays or goes" },
    {
      name: "accept",
      value: "FILE",
      description:
        "say that this backup is rightly as small as it is: older ones are no longer kept because of it",
    },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "done"],
    [ExitCode.failed, "something could not be removed; the log says what and why"],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.badFile, "--accept: there is no such backup, or it is not suspiciously small"],
    [ExitCode.locked, "another run holds a database's lock"],
    [ExitCode.notPermitted, "not run as root"],
    [ExitCode.configuration, "the settings file cannot be used"],
  ],
  examples: [
    ["prune_backups --dry-run", "what would go, and why the rest stays"],
    ["prune_backups NAME", "removes what has expired of one database"],
  ],
};

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output, runId } = context;
  const data = (result: object) => output.data(JSON.stringify({ version: 1, runId, ...result }, null, 2));
  const json = given.flag("json");
  const accepted = given.value("accept");
  if (accepted !== undefined) {
    if (given.flag("dry-run") || given.operands.length > 0)
      throw new UsageError("--accept FILE stands alone");
    const backup = namedBackup(settings, accepted);
    const work = {
      ...{ program: commandLine.program, database: backup.database.name },
      ...{ action: "accept", file: backup.archive },
    };
    const done = () => ({ outcome: "succeeded", exitCode: ExitCode.success, error: null }) as const;
    await recorded(
      monthlyAppender(settings.paths.backups),
      context,
      work,
      () => accept(settings, backup, context.log),
      done,
    );
    if (json) data({ exitCode: ExitCode.success, accepted: backup.archive });
    return ExitCode.success;
  }
  const chosen = chosenDatabases(settings, given.operands);
  if (given.flag("dry-run")) {
    const listing = pruningPreview(settings, chosen, given.operands.length === 0);
    if (json) data({ dryRun: true, ...listing });
    else output.print(pruningPreviewText(settings, listing));
    return listing.exitCode;
  }
  const { exitCode, databases } = await pruneAll(context, chosen);
  if (json) data({ dryRun: false, exitCode, databases });
  else output.print(`${plural(databases.flatMap(({ removed }) => removed).length, "backup")} removed`);
  return exitCode;
}

async function pruneAll(
  context: ProgramContext,
  chosen: readonly DatabaseSettings[],
): Promise<{ exitCode: number; databases: PruningOutcome[] }> {
  const { settings, log, program, signal } = context;
  const records = monthlyAppender(settings.paths.backups);
  const databases: PruningOutcome[] = [];
  for (const database of chosen) {
    if (signal.aborted) break;
    const work = { program, database: database.name };
    const run = runFor(context, database);
    databases.push(await recorded(records, context, work, () => pruneLocked(run), runEndOf));
  }
  if (!signal.aborted) forgetOldRecords(settings, log, new Date());
  return {
    exitCode: signal.aborted ? ExitCode.failed : worst(databases.map((outcome) => outcome.exitCode)),
    databases,
  };
}

function runEndOf({ error, exitCode, removed }: PruningOutcome): RunEnd {
  const outcome =
    exitCode === ExitCode.success ? "succeeded" : exitCode === ExitCode.locked ? "refused" : "failed";
  return { outcome, exitCode, error, removed: removed.length };
}

runProgram({ commandLine, main });
