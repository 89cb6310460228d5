import { UsageError } from "./lib/base/errors.ts";
import { ExitCode } from "./lib/base/exit-codes.ts";
import { monthlyAppender } from "./lib/history/monthly-writer.ts";
import { recorded } from "./lib/history/recording.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";
import { namedBackup } from "./lib/store/find.ts";
import { listPins, pin, pinListText, unpin } from "./lib/store/pinning.ts";

const commandLine: CommandLine = {
  program: "pin_backup",
  summary: "Exempts backups from retention for as long as their pin, FILE.pin, lies beside them.",
  operands: {
    placeholder: "FILE…",
    description: "the backups: names in the backups directory, or paths to it",
    minimum: 0,
    maximum: Number.POSITIVE_INFINITY,
  },
  options: [
    { name: "reason", value: "TEXT", description: "why; stored in the pin file" },
    { name: "remove", description: "remove the pins: retention decides again" },
    { name: "list", description: "show the pins" },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "done, or nothing to do"],
    [ExitCode.failed, "a pin could not be written or removed"],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.badFile, "there is no such backup"],
    [ExitCode.notPermitted, "not run as root"],
    [ExitCode.configuration, "the settings file cannot be used"],
  ],
  examples: [
    ["pin_backup --reason 'before the migration' FILE", "keeps it for good"],
    ["pin_backup --remove FILE", "ends that"],
  ],
};

const done = () => ({ outcome: "succeeded", exitCode: ExitCode.success, error: null }) as const;

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output, log, runId } = context;
  const remove = given.flag("remove");
  const reason = given.value("reason") ?? null;
  const listing = given.flag("list");
  if (listing && (remove || reason !== null || given.operands.length > 0)) {
    throw new UsageError("--list stands alone");
  }
  if (!listing && given.operands.length === 0) {
    throw new UsageError(`name the backup; ${settings.paths.restoreLauncher} --list shows what there is`);
  }
  if (remove && reason !== null) throw new UsageError("--remove and --reason exclude each other");
  // All operands are checked before the first backup is pinned.
  const backups = given.operands.map((operand) => namedBackup(settings, operand));
  const records = monthlyAppender(settings.paths.backups);
  for (const name of new Set(backups.map(({ database }) => database.name))) {
    const own = backups.filter(({ database }) => database.name === name);
    const file = own.map(({ archive }) => archive).join(" ");
    const work = {
      ...{ program: commandLine.program, database: name },
      ...{ action: remove ? "unpin" : "pin", file },
    };
    const each = () => {
      for (const backup of own) {
        if (remove) unpin(settings, backup, log);
        else pin(settings, backup, reason, log);
      }
    };
    await recorded(records, context, work, each, done);
  }
  const pins = listPins(settings);
  const exitCode = ExitCode.success;
  if (given.flag("json")) output.data(JSON.stringify({ version: 1, runId, exitCode, pins }, null, 2));
  else if (listing) output.print(pinListText(pins));
  return exitCode;
}

runProgram({ commandLine, main });
