import { type Arguments, type Option, optionRows, readWords } from "../../scripts/contract/command-line.ts";
import { messageOf } from "../../scripts/contract/error-text.ts";

/** The request of a command line. */
export interface Request {
  /** Null: the selected stack. */
  stack: string | null;
  /** Which servers are reported, by their keys; `*` stands for any characters. Null: all. */
  only: string | null;
  output: "text" | "json" | "markdown";
  /** Files to which the report is appended as Markdown. */
  markdownFiles: string[];
}

const options: readonly Option[] = [
  {
    name: "stack",
    short: "s",
    value: "STACK",
    description: "which stack; without it the one that is selected",
  },
  {
    name: "only",
    value: "PATTERN",
    description: "only the servers whose key matches; * stands for any characters",
  },
  { name: "json", description: "JSON in place of the text: docs/drift.md, docs/drift.schema.json" },
  {
    name: "markdown",
    value: "FILE",
    repeatable: true,
    description:
      "append the report to FILE as Markdown as well ($GITHUB_STEP_SUMMARY, say); - in place of FILE\n" +
      "prints it in place of the text",
  },
  { name: "help", short: "h", description: "this" },
];

export const usage = `npm run drift -- [--stack STACK] [--only PATTERN] [--json] [--markdown FILE]

Says what was changed by hand on the stack's servers since the last \`pulumi up\`, with the changes themselves, and
changes nothing. The report goes to standard output, progress to standard error.

${optionRows(options).join("\n")}

Exit codes: 0 as deployed; 2 drift; 1 something could not be looked at (the rest is reported all the same), or the
command line is wrong.
`;

/** An invalid command line; the message has the reason. */
export class UsageError extends Error {}

/** @returns what is asked for, or "help". @throws UsageError */
export function parseCommandLine(argv: readonly string[]): Request | "help" {
  const words = wordsOf(argv);
  if (words.flag("help")) return "help";
  for (const { name } of options) {
    if ([words.value(name), ...words.values(name)].includes(""))
      throw new UsageError(`--${name} needs a value [DBK-CLI-1]`);
  }
  const markdown = words.values("markdown");
  const printsMarkdown = markdown.includes("-");
  if (words.flag("json") && printsMarkdown)
    throw new UsageError("--json and --markdown - both want standard output [DBK-CLI-1]");
  return {
    stack: words.value("stack") ?? null,
    only: words.value("only") ?? null,
    output: words.flag("json") ? "json" : printsMarkdown ? "markdown" : "text",
    markdownFiles: markdown.filter((file) => file !== "-"),
  };
}

function wordsOf(argv: readonly string[]): Arguments {
  try {
    return readWords(options, argv, false);
  } catch (error) {
    throw new UsageError(`${messageOf(error)} [DBK-CLI-1]`, { cause: error });
  }
}
