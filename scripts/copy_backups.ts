import type { Arguments } from "./contract/command-line.ts";
import { messageOf, UsageError } from "./lib/base/errors.ts";
import { ExitCode, worst } from "./lib/base/exit-codes.ts";
import { formatAge, formatBytes, plural } from "./lib/base/format.ts";
import type { CopyContext, StoreOutcome } from "./lib/copies/at-store.ts";
import { fetchBackup } from "./lib/copies/fetch.ts";
import { probeStore } from "./lib/copies/probe.ts";
import { type PruneOutcome, pruneStore } from "./lib/copies/prune-run.ts";
import { rcloneStore } from "./lib/copies/rclone-store.ts";
import { type CopyRequest, readCopyRequest } from "./lib/copies/request.ts";
import { rcloneFor, stackKey } from "./lib/copies/secrets.ts";
import { copyToStore } from "./lib/copies/store-run.ts";
import { storedCopies } from "./lib/copies/stored.ts";
import type { CommandLine } from "./lib/program/arguments.ts";
import { exitCodeOf, type ProgramContext, runProgram } from "./lib/program/program.ts";

const commandLine: CommandLine = {
  program: "copy_backups",
  summary:
    "Copies what a store lacks of the verified backups, oldest first, and reads every copy back. With --fetch brings one back.",
  operands: {
    placeholder: "[NAME]",
    description: "with --fetch: the backup, as --list names it",
    minimum: 0,
    maximum: 1,
  },
  options: [
    { name: "store", value: "KEY", description: "only this store, as the configuration names it" },
    { name: "newest", description: "copy only the newest backup of each database, before all others" },
    {
      name: "take-over",
      description: "this machine replaces the one whose copies the store holds",
    },
    { name: "list", description: "show the copies at the stores" },
    {
      name: "fetch",
      description:
        "bring a backup from --store into the backups directory: NAME, or the newest of --database before --at",
    },
    { name: "database", value: "KEY", description: "with --fetch or --list: only of this database" },
    { name: "at", value: "TIME", description: "with --fetch: the newest that was taken at or before TIME" },
    {
      name: "probe",
      description: "try what copying needs: write 6 MB in two parts, read it back, overwrite and remove it",
    },
    { name: "prune", description: "remove what the stores' retention no longer keeps" },
    { name: "dry-run", description: "with --prune: remove nothing; say of every copy why it stays or goes" },
    { name: "json", description: "print the result as JSON" },
  ],
  exitCodes: [
    [ExitCode.success, "done; every verified backup has a copy, with --newest the newest one"],
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
    ["copy_backups --list", "what the stores have"],
    ["copy_backups --fetch --store objects --database NAME", "the newest one of a database, to restore it"],
  ],
};

async function main(context: ProgramContext): Promise<number> {
  const request = readCopyRequest(context.arguments, context.settings);
  const { copies } = context.settings;
  if (copies === undefined || request.stores.length === 0) {
    if (request.action === "fetch") throw new UsageError("no store is configured");
    context.output.print("no store is configured: nothing leaves this server");
    return result(context, ExitCode.success, { stores: [] });
  }
  const run: CopyContext = { ...context, copies };
  if (request.action === "copy") return copy(context, run, request);
  if (request.action === "probe") return probe(context, run, request);
  if (request.action === "prune") return prune(context, run, request);
  return request.action === "list" ? list(context, run, request) : fetch(context, run, request);
}

function result({ arguments: given, output, runId }: ProgramContext, exitCode: number, data: object): number {
  if (given.flag("json")) output.data(JSON.stringify({ version: 1, runId, exitCode, ...data }, null, 2));
  return exitCode;
}

async function copy(context: ProgramContext, run: CopyContext, request: CopyRequest): Promise<number> {
  const { output, signal } = context;
  const outcomes: StoreOutcome[] = [];
  // One after the other: each may take all of the line.
  for (const store of request.stores) {
    if (signal.aborted) break;
    const outcome = await copyToStore(run, store, request);
    // Nothing goes from a store that has not everything.
    const isDone = outcome.exitCode === ExitCode.success && outcome.pending === 0;
    const pruned = isDone && store.deletes === "server";
    const { error, exitCode } = pruned ? await pruneStore(run, store, false) : outcome;
    outcomes.push({ ...outcome, error, exitCode });
  }
  for (const outcome of outcomes) output.print(summaryOf(outcome));
  const exitCode = signal.aborted ? ExitCode.failed : worst(outcomes.map((outcome) => outcome.exitCode));
  return result(context, exitCode, { stores: outcomes });
}

async function list(context: ProgramContext, run: CopyContext, request: CopyRequest): Promise<number> {
  const { output, signal } = context;
  const stores = await Promise.all(
    request.stores.map(async (place) => {
      try {
        const store = rcloneStore(await rcloneFor(run.copies, place, signal));
        const all = storedCopies(await store.list(signal));
        const copies = all.filter(
          ({ database }) => request.database === null || database === request.database,
        );
        return { store: place.name, place: place.place, copies, error: null, exitCode: ExitCode.success };
      } catch (error) {
        return {
          store: place.name,
          place: place.place,
          copies: [],
          error: messageOf(error),
          exitCode: exitCodeOf(error),
        };
      }
    }),
  );
  const now = new Date();
  for (const { copies, error, place, store } of stores) {
    output.print(`${store} (${place})`);
    if (error !== null) output.error(`  ${error}`);
    else if (copies.length === 0) output.print("  no copy");
    for (const { began, bytes, stem } of copies)
      output.print(`  ${stem}  ${formatBytes(bytes).padStart(8)}  ${formatAge(began, now)}`);
  }
  return result(context, worst(stores.map(({ exitCode }) => exitCode)), { stores });
}

async function fetch(context: ProgramContext, run: CopyContext, request: CopyRequest): Promise<number> {
  const { output, signal } = context;
  const [place] = request.stores;
  if (place === undefined) throw new UsageError("--fetch needs --store KEY");
  try {
    const store = rcloneStore(await rcloneFor(run.copies, place, signal));
    const order = { context, store, place, key: stackKey(run.copies) };
    const fetched = await fetchBackup(order, request);
    const how = fetched.wasHere ? "was here already, as the store has it" : "fetched, as its marker says";
    output.print(`${fetched.path}: ${how}`);
    return result(context, ExitCode.success, { fetched, error: null });
  } catch (error) {
    output.error(messageOf(error));
    return result(context, exitCodeOf(error), { fetched: null, error: messageOf(error) });
  }
}

async function probe(context: ProgramContext, run: CopyContext, request: CopyRequest): Promise<number> {
  const stores = await Promise.all(request.stores.map((place) => probeStore(run, place)));
  for (const { finding, problem, store } of stores) {
    if (problem !== null) context.output.error(problem);
    else context.output.print(finding ?? `${store}: it can be written, read back and listed`);
  }
  return result(context, worst(stores.map(({ exitCode }) => exitCode)), { stores });
}

async function prune(context: ProgramContext, run: CopyContext, request: CopyRequest): Promise<number> {
  const { output } = context;
  const outcomes: PruneOutcome[] = [];
  for (const place of request.stores) outcomes.push(await pruneStore(run, place, request.dryRun));
  for (const { decisions, error, removed, store } of outcomes) {
    for (const { decision, reason, stem } of decisions)
      output.print(`${decision.padEnd(6)}  ${stem}: ${reason}`);
    if (error === null) output.print(`${store}: ${plural(removed.length, "backup")} removed`);
  }
  return result(context, worst(outcomes.map(({ exitCode }) => exitCode)), { stores: outcomes });
}

function summaryOf({ copied, error, exitCode, pending, reread, store }: StoreOutcome): string {
  if (exitCode === ExitCode.locked) return `${store}: ${error}`;
  const done = [
    copied.length === 0 ? "nothing was copied" : `${plural(copied.length, "backup")} copied`,
    ...(reread.length === 0 ? [] : [`${reread.length} read again`]),
  ].join(", ");
  const rest =
    pending === 0 ? "every verified backup has a copy" : `${plural(pending, "backup")} without a copy`;
  return `${store}: ${done}; ${rest}${error === null ? "" : `: ${error}`}`;
}

/**
 * `npm run copies` runs this program on the machine of the deployment, by whoever deploys. With settings of their own
 * they reach nothing there that is not theirs: no backups, no database, only the store, whose key they gave.
 */
const isForAnybody = (given: Arguments): boolean =>
  given.value("settings") !== undefined && (given.flag("prune") || given.flag("list"));

runProgram({ commandLine, isForAnybody, main });
