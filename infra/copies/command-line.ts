import {
  type Arguments,
  exitRows,
  helpRows,
  type Option,
  optionRows,
  readWords,
} from "../../scripts/contract/command-line.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";
import { variableRows } from "./keys.ts";

/** The request of a command line. */
export interface Request {
  stack: string;
  /** Only this store, by its key. Null: all. */
  store: string | null;
  /** Only servers whose key matches one of these; `*` stands for any characters. Empty: all. */
  only: string[];
  dryRun: boolean;
  json: boolean;
}

const options: readonly Option[] = [
  { name: "stack", short: "s", value: "STACK", description: "the stack; prod unless given" },
  { name: "store", value: "KEY", description: "only this store, as the configuration names it" },
  {
    name: "only",
    value: "SERVER",
    repeatable: true,
    description: "only the servers whose key matches; * stands for anything",
  },
  { name: "dry-run", description: "remove nothing; say of every copy why it stays or goes" },
  { name: "json", description: "print the result as one JSON document" },
  { name: "help", short: "h", description: "print this help" },
];

export const exitCodes = {
  done: 0,
  failed: 1,
  strange: 2,
  usage: 64,
  configuration: 78,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const meanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.done, "done, or with --dry-run: shown"],
  [exitCodes.failed, "a store failed, or its key is missing; all others were done"],
  [exitCodes.strange, "done; some copies are not whole, or not this stack's: see which"],
  [exitCodes.usage, "the command line is wrong"],
  [exitCodes.configuration, "the configuration cannot be read or used; no store was asked"],
  [exitCodes.interrupted, "interrupted; what is removed is removed, and the next run goes on"],
];

export const helpText = (): string =>
  [
    "Usage: npm run copies -- prune [OPTION…]",
    "",
    "Removes what the stores' retention no longer keeps of the servers' copies, with",
    "a key that no server has. The newest whole copy of each database always stays,",
    "and whatever this stack did not write. Run it where you deploy, or in CI.",
    "",
    "Options:",
    ...optionRows(options),
    "",
    "The key that may delete, from the environment only. It is sent to no server:",
    ...helpRows(variableRows),
    "COPIES_STORE_… in place of COPIES_… is for one store: its key in capitals, with",
    "_ for -. Of several stores that would read the same variables each needs its",
    "own. Without any of them --dry-run asks with the servers' own keys.",
    "",
    "Exit codes:",
    ...exitRows(meanings),
    "",
    "Examples:",
    ...helpRows([
      ["npm run copies -- prune --dry-run", "what would go from every store"],
      ["npm run copies -- prune --only 'web-*'", "the copies of some servers"],
    ]),
    "",
  ].join("\n");

/** An invalid command line; the message has the reason. */
export class UsageError extends Error {}

/** @returns what is asked for, or "help". @throws UsageError */
export function parseCommandLine(argv: readonly string[]): Request | "help" {
  const words = wordsOf(argv);
  if (words.flag("help")) return "help";
  const [action, ...others] = words.operands;
  if (action !== "prune") throw wrong(action === undefined ? "say what: prune" : `unknown: ${action}`);
  if (others.length > 0) throw wrong(`unexpected: ${others[0]}; servers are named with --only`);
  const [stack = "prod", store = null, only] = [
    words.value("stack"),
    words.value("store"),
    words.values("only"),
  ];
  if ([stack, store, ...only].includes("")) throw wrong("an option has no value");
  return { stack, store, only: [...only], dryRun: words.flag("dry-run"), json: words.flag("json") };
}

function wordsOf(argv: readonly string[]): Arguments {
  try {
    return readWords(options, argv);
  } catch (error) {
    throw wrong(messageOf(error).split(". ")[0] ?? "", error);
  }
}

const wrong = (text: string, cause?: unknown): UsageError =>
  new UsageError(`${text}; see npm run copies -- --help [DBK-CLI-1]`, { cause });
