import { resolve } from "node:path";
import {
  type Arguments,
  exitRows,
  helpRows,
  type Option,
  optionRows,
  readWords,
} from "../../scripts/contract/command-line.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { connectionShapes } from "../remotehost/connection.ts";
import { DeploymentError } from "./errors.ts";
import { deploymentExits } from "./exit-codes.ts";

/** The command line: its options are this table, and so is its help. */
export const options: readonly Option[] = [
  { name: "stack", value: "NAME", description: "the stack, made if it does not exist; prod unless given" },
  { name: "all", description: "in place of HOST: every server of the stack's configuration" },
  {
    name: "only",
    value: "PATTERN",
    repeatable: true,
    description:
      "in place of HOST: those servers of the configuration whose key matches; * stands for anything",
  },
  {
    name: "replaces",
    value: "OLD",
    description:
      "HOST takes the place and the settings of the dead server OLD, which is forgotten, not contacted",
  },
  {
    name: "database",
    value: "NAME",
    repeatable: true,
    description: "add this database to the configuration if it is not there, named as Kamal and Rails do",
  },
  { name: "ssh-config", value: "FILE", description: "for a new HOST: the ssh_config file to use (ssh -F)" },
  { name: "host-key", value: "'TYPE BASE64'", description: "the host key to expect of HOST, and to pin" },
  {
    name: "accept-host-key",
    value: "SHA256:…",
    description: "accept an unknown host key of HOST if it has this fingerprint, and pin it",
  },
  {
    name: "before-application",
    description: "the application comes later: a database whose container does not exist is no failure",
  },
  { name: "local", description: "where no state backend is chosen yet: keep Pulumi's state in ~/.pulumi" },
  { name: "yes", description: "ask nothing" },
  { name: "dry-run", description: "show what would be done, and do nothing" },
  {
    name: "json",
    description: "print the result as one JSON document; everything else goes to standard error",
  },
  { name: "help", description: "print this help" },
];

/** Which servers the deployment is for. */
export type Choice =
  | { kind: "host"; host: string; user: string | null; replaces: string | null }
  | { kind: "all" }
  | { kind: "only"; patterns: string[] };

/** The request of a command line. */
export interface Request {
  choice: Choice;
  stack: string;
  databases: string[];
  sshConfig: string | null;
  hostKey: string | null;
  /** Fingerprint, with its `SHA256:`. */
  acceptHostKey: string | null;
  beforeApplication: boolean;
  local: boolean;
  yes: boolean;
  dryRun: boolean;
  json: boolean;
}

export const program = "deploy_backup_system.sh";

function wrongUsage(text: string, cause?: unknown): DeploymentError {
  return new DeploymentError("usage", `${text} [DBK-CLI-1]`, `See ${program} --help.`, { cause });
}

function wordsOf(argv: readonly string[]): Arguments {
  try {
    return readWords(options, argv);
  } catch (error) {
    throw wrongUsage(messageOf(error).split(". ")[0] ?? "", error);
  }
}

const stackName = /^(?:[A-Za-z0-9_.-]+\/){0,2}[A-Za-z0-9_.-]+$/;
const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}=?$/;

function shaped(name: string, text: string | undefined, pattern: RegExp, wanted: string): string | null {
  if (text === undefined) return null;
  if (pattern.test(text)) return text;
  throw wrongUsage(`--${name}: ${JSON.stringify(text)} is not ${wanted}`);
}

/** `[USER@]HOST`. */
function hostChoice(word: string, replaces: string | null): Choice {
  const at = word.lastIndexOf("@");
  const [user, host] = at < 0 ? [null, word] : [word.slice(0, at), word.slice(at + 1)];
  if (!connectionShapes.host.pattern.test(host))
    throw wrongUsage(`HOST: ${JSON.stringify(host)} is not ${connectionShapes.host.wanted}`);
  if (user !== null && !connectionShapes.user.pattern.test(user))
    throw wrongUsage(`HOST: ${JSON.stringify(user)} is not ${connectionShapes.user.wanted}`);
  return { kind: "host", host, user, replaces };
}

/** Options that need one HOST. */
const forOneHost = ["replaces", "host-key", "accept-host-key", "ssh-config"];

function choiceOf(words: Arguments): Choice {
  const { operands } = words;
  const patterns = [...words.values("only")];
  const ways = [operands.length > 0, words.flag("all"), patterns.length > 0].filter(Boolean).length;
  if (ways === 0) throw wrongUsage("HOST is missing: name a server, or give --all or --only PATTERN");
  if (ways > 1) throw wrongUsage("HOST, --all and --only exclude each other");
  if (operands.length > 1) throw wrongUsage(`unexpected ${JSON.stringify(operands[1])}: one HOST at a time`);
  const [host] = operands;
  if (host !== undefined) return hostChoice(host, words.value("replaces") ?? null);
  const wrong = forOneHost.find((name) => words.value(name) !== undefined);
  if (wrong !== undefined) throw wrongUsage(`--${wrong} needs a HOST`);
  return patterns.length > 0 ? { kind: "only", patterns } : { kind: "all" };
}

/** As the configuration needs it: independent of the directory of later runs. */
const localPath = (path: string | undefined): string | null =>
  path === undefined ? null : path.startsWith("~/") ? path : resolve(path);

/** @returns what is asked for, or "help". @throws DeploymentError usage */
export function parseCommandLine(argv: readonly string[]): Request | "help" {
  const words = wordsOf(argv);
  if (words.flag("help")) return "help";
  const choice = choiceOf(words);
  const [hostKey, acceptHostKey] = [words.value("host-key"), words.value("accept-host-key")];
  const { pattern, wanted } = connectionShapes.hostKey;
  if (hostKey !== undefined && acceptHostKey !== undefined)
    throw wrongUsage("--host-key and --accept-host-key exclude each other");
  return {
    choice,
    stack: shaped("stack", words.value("stack"), stackName, "the name of a stack") ?? "prod",
    databases: [...words.values("database")],
    sshConfig: localPath(words.value("ssh-config")),
    hostKey: shaped("host-key", hostKey, pattern, wanted),
    acceptHostKey: shaped(
      "accept-host-key",
      acceptHostKey,
      fingerprint,
      "a fingerprint as ssh-keygen -lf prints it, SHA256:…",
    ),
    beforeApplication: words.flag("before-application"),
    local: words.flag("local"),
    yes: words.flag("yes"),
    dryRun: words.flag("dry-run"),
    json: words.flag("json"),
  };
}

const examples = [
  [`${program} cloud.cerveras.com`, "deploy, or bring up to date"],
  [`${program} cloud.cerveras.com --dry-run`, "what that would do"],
  [`${program} new.example.org --replaces cloud.cerveras.com`, "a new machine for one that is lost"],
  [`${program} --only 'web-*' --yes`, "several servers, without confirmation"],
] as const;

/** The text of --help. */
export function helpText(): string {
  return [
    `Usage: ${program} [OPTION…] [USER@]HOST`,
    `       ${program} [OPTION…] --all | --only PATTERN`,
    "",
    "Puts the backup system on a server, or brings it up to date: adds HOST to the stack's configuration if it is not",
    "there, looks at it, shows what it would do, asks, does it, makes a first verified backup and checks it. It contacts",
    "no other server. Running it again changes only what differs. Called with sudo it acts as the person who called it.",
    "",
    "Operands:",
    ...helpRows([
      ["HOST", "a server's key in the configuration, or the name, address or ssh alias of a new one"],
      ["USER", "for a new HOST: the login, root unless given; any other needs sudo without a password"],
    ]),
    "",
    "Options:",
    ...optionRows(options),
    "",
    "Exit codes:",
    ...exitRows(deploymentExits.map(([, code, meaning]) => [code, meaning])),
    "",
    "Ctrl-C: before the confirmation nothing has been changed. Later the steps under way are finished first, and the same",
    "command goes on from there; a second Ctrl-C ends it at once.",
    "",
    "Examples:",
    ...helpRows(examples),
    "",
  ].join("\n");
}
