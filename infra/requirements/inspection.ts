import { cronDaemonFunction, cronRunsIn } from "../../scripts/contract/cron-daemon.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import {
  parseSurroundings,
  type Surroundings,
  surroundingsArguments,
  surroundingsFunction,
} from "../../scripts/contract/surroundings.ts";
import { answerOf, containerOf, type DatabaseSeen, databaseFunctions, patience } from "./database-look.ts";
import {
  type DirectorySeen,
  directoryFunctions,
  trialOf,
  type UnrunnableDirectory,
  unrunnableOf,
} from "./directory-look.ts";
import { logFunction } from "./log-inspection.ts";
import { parsePostgresContainers, postgresContainersFunction } from "./postgres-containers.ts";
import type { Requirements } from "./requirements.ts";

/** The observations of a server for the requirements, in their order. */
export interface Inspection {
  osRelease: Record<string, string>;
  missingCommands: string[];
  cronRuns: boolean;
  /** Null if the daemon answers, else docker's message. */
  dockerProblem: string | null;
  databases: DatabaseSeen[];
  /** Names of the running containers that are PostgreSQL. */
  postgresContainers: string[];
  directories: DirectorySeen[];
  /** The directories of programs that are on a file system mounted noexec. */
  unrunnable?: UnrunnableDirectory[];
  /** Absent if it was not requested, or if the look was cut off. */
  surroundings?: Surroundings;
  systemNode: { path: string; version: string } | null;
  /** Why the log cannot be written; null if it can, or if it was not requested. */
  logProblem: string | null;
  /** Whether there is a sendmail at the path that cron uses. */
  hasMailer: boolean;
}

const functions = `
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
say() { printf '%s:%s\\n' "$1" "$(base64 -w0)"; }
${cronDaemonFunction}${directoryFunctions}${databaseFunctions}${postgresContainersFunction}`;

/** A script that observes everything for the requirements and changes nothing (but see `directory-look.ts`). */
export function inspectionScript(requirements: Requirements): string {
  const { commands, databases, directories, executes = [], log, own } = requirements;
  const machine = [
    "cat /etc/os-release 2>/dev/null | say os",
    ...commands.map(
      (name) => `command -v ${quote(name)} >/dev/null || printf %s ${quote(name)} | say missing`,
    ),
    "cron_daemon | say cron",
    "if [ -x /usr/sbin/sendmail ]; then echo | say mailer; fi",
    'if node=$(command -v node); then printf \'%s\\n%s\' "$node" "$(node --version 2>/dev/null)" | say node; fi',
    `if ! problem=$(timeout ${patience} docker version --format ok 2>&1 >/dev/null); then printf %s "$problem" | say docker; fi`,
    "postgres_containers | say postgres",
    ...(log === undefined ? [] : [`log_problem ${quote(log)} | say log`]),
    ...directories.map(({ path }) => `look_at_directory ${quote(path)}`),
    ...executes.map((path) => `look_at_runnable ${quote(path)}`),
    ...(own === undefined || log === undefined
      ? []
      : [
          `surroundings ${surroundingsArguments({ ...own, log })
            .map(quote)
            .join(" ")} | say surroundings`,
        ]),
  ];
  const contained = databases.flatMap(({ name, container, user, database, backups, port, passwordFile }) => [
    "echo | say database",
    [
      "database",
      ...[container, user, database, backups, name, String(port ?? ""), passwordFile ?? ""].map(quote),
    ].join(" "),
  ]);
  // In parallel: a pipe holds the observations of the machine until those of the databases are complete.
  return [
    functions,
    logFunction,
    surroundingsFunction,
    "{",
    ...machine,
    "} | {",
    ...contained,
    "cat",
    "}",
  ].join("\n");
}

/** Reads what the script printed. */
export function parseInspection(output: string): Inspection {
  const seen: Inspection = {
    osRelease: {},
    missingCommands: [],
    cronRuns: false,
    dockerProblem: null,
    databases: [],
    postgresContainers: [],
    directories: [],
    systemNode: null,
    logProblem: null,
    hasMailer: false,
  };
  for (const line of output.split("\n")) {
    const [word = "", encoded = ""] = line.split(":");
    readers[word]?.(seen, Buffer.from(encoded, "base64").toString().trim());
  }
  return seen;
}

type Reader = (seen: Inspection, text: string) => void;

const readers: Readonly<Record<string, Reader>> = {
  os: (seen, text) => {
    seen.osRelease = variables(text);
  },
  missing: (seen, text) => seen.missingCommands.push(text),
  cron: (seen, text) => {
    seen.cronRuns = cronRunsIn(text) ?? false;
  },
  log: (seen, text) => {
    seen.logProblem = text || null;
  },
  mailer: (seen) => {
    seen.hasMailer = true;
  },
  docker: (seen, text) => {
    seen.dockerProblem = text || "no answer in time";
  },
  postgres: (seen, text) => {
    seen.postgresContainers = parsePostgresContainers(text);
  },
  node: (seen, text) => {
    const [path = "", version = ""] = text.split("\n");
    seen.systemNode = { path, version: version.replace(/^v/, "") };
  },
  database: (seen) => seen.databases.push({ container: null, answer: null, hasBackup: false }),
  container: last((database, text) => {
    database.container = containerOf(text);
  }),
  answered: last((database, text) => {
    database.answer = answerOf(text);
  }),
  refused: last((database, text) => {
    database.answer = { ok: false, text: text || "no answer in time" };
  }),
  backup: last((database) => {
    database.hasBackup = true;
  }),
  free: (seen, text) => seen.directories.push({ freeBytes: Number(text) * 1024 }),
  link: lastDirectory((directory, text) => {
    directory.link = text;
  }),
  trial: lastDirectory((directory, text) => {
    directory.trial = trialOf(text);
  }),
  noexec: (seen, text) => {
    seen.unrunnable = [...(seen.unrunnable ?? []), unrunnableOf(text)];
  },
  surroundings: (seen, text) => {
    const surroundings = parseSurroundings(text);
    if (surroundings !== null) seen.surroundings = surroundings;
  },
};

function last(read: (database: DatabaseSeen, text: string) => void): Reader {
  return (seen, text) => {
    const database = seen.databases.at(-1);
    if (database) read(database, text);
  };
}

function lastDirectory(read: (directory: DirectorySeen, text: string) => void): Reader {
  return (seen, text) => {
    const directory = seen.directories.at(-1);
    if (directory) read(directory, text);
  };
}

/** The variables of a file like os-release. */
function variables(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => /^(?<name>\w+)=(?<value>.*)$/.exec(line)?.groups);
  return Object.fromEntries(
    lines.flatMap((line) => (line ? [[line.name, line.value?.replace(/^(["'])(.*)\1$/, "$2")]] : [])),
  );
}
