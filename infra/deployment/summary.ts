import type { painter } from "../../scripts/contract/shown.ts";
import { formatBytes, formatDuration } from "../../scripts/contract/shown.ts";
import type { ServerCommands } from "../server-files/commands.ts";
import { criticalExitCode } from "../server-files/verification.ts";
import type { Phase } from "./progress.ts";
import { cancelCommand } from "./stack-errors.ts";
import type { Verification } from "./verification.ts";

/** The result of one server. */
export interface ServerResult {
  key: string;
  /** The number of its resources that were created, updated, replaced or deleted. */
  changes: number;
  /** The reasons for not deploying to it; empty if it was deployed to. */
  problems: string[];
  /** What the store's owner pays for: what is read back of its copies. */
  readBack: string[];
  /** Notes, such as one about a container that does not exist yet. */
  notes: string[];
  verification: Verification | null;
  commands: ServerCommands;
}

/** The result of a deployment. */
export interface Result {
  /** Whether the application comes later, according to the user. */
  beforeApplication: boolean;
  stack: string;
  /** The name of the stack's file. */
  file: string;
  fileChanges: string[];
  dryRun: boolean;
  servers: ServerResult[];
  /** Messages about replaced files of others or edits by hand: what they were, and where they are kept. */
  kept: string[];
  /** The errors of the deployment itself, in Pulumi's words. */
  errors: string[];
  phases: Phase[];
  seconds: number;
}

type Paint = ReturnType<typeof painter>;

const good: readonly string[] = ["healthy", "warning", "ok", "note"];

/** Whether the status check finds nothing critical. Databases whose container does not exist yet are not counted. */
function isHealthy({ status, waiting }: Verification): boolean {
  if (status === null) return false;
  if (status.exitCode < criticalExitCode) return true;
  if (waiting.length === 0) return false;
  const others = status.databases.filter(({ name }) => !waiting.some((database) => database.name === name));
  const levels = [
    ...others.map(({ verdict }) => verdict),
    ...Object.values(status.points).map(({ level }) => level),
  ];
  return levels.every((level) => good.includes(level));
}

/** Whether a server's deployment succeeded. A database that does not exist yet is no failure. */
export const isGood = ({ problems, verification }: ServerResult): boolean =>
  problems.length === 0 &&
  (verification === null || (verification.failure === null && isHealthy(verification)));

/** The databases without any backup, each with its server. */
const unprotected = ({ servers }: Result): { key: string; name: string; container: string }[] =>
  servers.flatMap(({ key, verification }) =>
    (verification?.waiting ?? []).map((database) => ({ key, ...database })),
  );

/** The exit code of a deployment. */
export function exitOf(result: Result): "done" | "failed" | "unavailable" {
  if (result.errors.length > 0 || !result.servers.every(isGood)) return "failed";
  return unprotected(result).length > 0 && !result.beforeApplication ? "unavailable" : "done";
}

/** The newest backup of each database. */
function backupLines({ status, backedUp }: Verification): string[] {
  return (status?.databases ?? []).flatMap(({ backups: { newest } }) => {
    if (newest === null) return [];
    const proof = newest.verified ? "verified" : "not verified";
    const when = backedUp ? "first backup" : "newest backup";
    return [`${when} ${newest.file}: ${proof}, ${formatBytes(newest.bytes)}`];
  });
}

function doneLines(result: Result, server: ServerResult): string[] {
  const { changes, verification } = server;
  if (server.problems.length > 0 || result.dryRun) return [];
  const nothing =
    result.errors.length > 0 ? "nothing was changed" : "everything was as it should be; nothing was changed";
  return [
    changes === 0 ? nothing : `${changes} ${changes === 1 ? "change" : "changes"} on the server`,
    ...(verification === null ? [] : backupLines(verification)),
    ...(verification?.status ? [`status check: ${verification.status.summary}`] : []),
    ...server.readBack,
  ];
}

function missingLines({ problems, notes, verification, commands }: ServerResult): string[] {
  const waiting = (verification?.waiting ?? []).map(({ name }) => name);
  return [
    ...problems,
    ...notes,
    ...(waiting.length === 0
      ? []
      : [`no backup of ${waiting.join(", ")} yet. After kamal deploy: ${commands.backup} [DBK-READY-7]`]),
    ...(verification?.failure === null && !isHealthy(verification) && verification.status !== null
      ? [`the status check finds something critical: ${commands.status} [DBK-CHANGE-7]`]
      : []),
    ...(verification?.failure
      ? [`the first backup and status check failed [DBK-CHANGE-7]:\n${verification.failure}`]
      : []),
    ...(verification !== null && verification.status === null
      ? ["the status check gave no answer [DBK-CHANGE-7]"]
      : []),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0
    ? []
    : [`  ${title}`, ...lines.map((line) => `    ${line.replaceAll("\n", "\n      ")}`)];

function headline(result: Result, server: ServerResult, paint: Paint): string {
  const [colour, text]: ["red" | "green" | "yellow", string] =
    server.problems.length > 0
      ? ["red", "nothing was changed there"]
      : result.dryRun
        ? ["yellow", "shown only; nothing was changed"]
        : result.errors.length > 0
          ? ["red", "the deployment failed"]
          : !isGood(server)
            ? ["red", "deployed, but it does not work yet"]
            : (server.verification?.waiting.length ?? 0) > 0
              ? result.beforeApplication
                ? ["yellow", "deployed; backups begin as soon as the database is there"]
                : ["red", "deployed, and nothing is backed up"]
              : ["green", "the backup system is deployed and works"];
  return `${paint("bold", server.key)}: ${paint(colour, text)}`;
}

const shownCommands = ["status", "backup", "listBackups", "restore", "rehearse", "log"] as const;

function commandLines(commands: ServerCommands): string[] {
  const width = Math.max(...shownCommands.map((name) => name.length));
  return shownCommands.map((name) => `${name.padEnd(width)}  ${commands[name]}`);
}

function serverText(result: Result, server: ServerResult, paint: Paint): string[] {
  return [
    "",
    headline(result, server, paint),
    ...section("Done", doneLines(result, server)),
    ...section("Still missing", missingLines(server)),
    ...(server.problems.length > 0 || result.dryRun
      ? []
      : section("Commands", commandLines(server.commands))),
  ];
}

function nextLines(result: Result): string[] {
  const { stack, file, fileChanges, errors, dryRun } = result;
  return [
    ...(fileChanges.length > 0 && !dryRun ? [`commit ${file}: ${fileChanges.join("; ")}`] : []),
    ...(errors.length > 0
      ? [
          `fix that and run the same command again. If it says that the stack is locked: ${cancelCommand(stack)}`,
        ]
      : []),
  ];
}

/** The databases without any backup. These are the last lines, because people read the last lines. */
function lastLines(result: Result): string[] {
  if (exitOf(result) !== "unavailable") return [];
  const databases = unprotected(result).map(
    ({ key, name, container }) => `${name} (there is no container ${container} on ${key})`,
  );
  return [`nothing is backed up of ${databases.join(", ")} [DBK-READY-7]`];
}

/** The summary of a deployment: what was done, what is missing, what to do next, and the durations. */
export function summaryText(result: Result, paint: Paint): string {
  const times = result.phases.map(
    ({ title, seconds }) => `${title.toLowerCase()} ${formatDuration(seconds)}`,
  );
  return [
    ...result.servers.flatMap((server) => serverText(result, server, paint)),
    ...section("Kept", result.kept),
    ...section("Errors", result.errors),
    ...section("Next", nextLines(result)),
    "",
    `${formatDuration(result.seconds)}: ${times.join(", ")}`,
    ...lastLines(result),
  ].join("\n");
}
