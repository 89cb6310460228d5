import { UsageError } from "./lib/base/errors.ts";
import { ExitCode, worst } from "./lib/base/exit-codes.ts";
import { plural } from "./lib/base/format.ts";
import { type CopyContext, copyToStore, type StoreOutcome } from "./lib/copies/store-run.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { type ProgramContext, runProgram } from "./lib/program/program.ts";

const commandLine: CommandLine = {
  program: "copy_backups",
  summary: "Copies what a store lacks of the verified backups, oldest first, and reads every copy back.",
  operands: { placeholder: "", description: "", minimum: 0, maximum: 0 },
  options: [
    { name: "store", value: "KEY", description: "only this store, as the configuration names it" },
    {
      name: "take-over",
      description: "this machine replaces the one whose copies the store holds; needs --store",
    },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "every verified backup has a copy that was read back"],
    [ExitCode.failed, "a copy failed; the log says why, and the next run tries again"],
    [ExitCode.usage, "the command line is wrong"],
    [ExitCode.badFile, "a local backup is no longer what was verified"],
    [ExitCode.unavailable, "a store does not answer, or refuses access"],
    [ExitCode.noSpace, "a store has no room"],
    [ExitCode.locked, "another run copies to the store; it also copies what is new"],
    [ExitCode.notPermitted, "not run as root, or the store holds the copies of another machine"],
    [ExitCode.configuration, "the settings or the secrets cannot be used, or the place is somebody else's"],
  ],
  examples: [
    ["copy_backups", "every store"],
    ["copy_backups --store objects --json", "one store, the result for a program"],
  ],
};

async function main(context: ProgramContext): Promise<number> {
  const { settings, arguments: given, output, runId, signal } = context;
  const { copies } = settings;
  const stores = copies?.stores ?? [];
  const explicit = given.value("store");
  const chosen = explicit === undefined ? stores : stores.filter(({ name }) => name === explicit);
  if (explicit !== undefined && chosen.length === 0) {
    const known = stores.map(({ name }) => name).join(", ") || "none";
    throw new UsageError(`there is no store ${explicit}; the settings have ${known}`);
  }
  const takesOver = given.flag("take-over");
  if (takesOver && explicit === undefined) throw new UsageError("--take-over needs --store KEY");
  const outcomes: StoreOutcome[] = [];
  if (copies === undefined || chosen.length === 0)
    output.print("no store is configured: nothing leaves this server");
  else {
    // One after the other: each may take all of the line.
    const run: CopyContext = { ...context, copies };
    for (const store of chosen) if (!signal.aborted) outcomes.push(await copyToStore(run, store, takesOver));
  }
  const exitCode = signal.aborted ? ExitCode.failed : worst(outcomes.map((outcome) => outcome.exitCode));
  if (given.flag("json"))
    output.data(JSON.stringify({ version: 1, runId, exitCode, stores: outcomes }, null, 2));
  else for (const outcome of outcomes) output.print(summaryOf(outcome));
  return exitCode;
}

function summaryOf({ copied, error, pending, reread, store }: StoreOutcome): string {
  const done = [
    copied.length === 0 ? "nothing was missing" : `${plural(copied.length, "backup")} copied`,
    ...(reread.length === 0 ? [] : [`${reread.length} read again`]),
  ].join(", ");
  if (error === null) return `${store}: ${done}; every verified backup has a copy`;
  return `${store}: ${done}; ${pending} without a copy: ${error}`;
}

runProgram({ commandLine, main });
