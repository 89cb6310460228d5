import { parseArgs } from "node:util";
import { messageOf } from "../../scripts/contract/error-text.ts";

/** What a command line asks for. */
export interface Wish {
  /** Null: the stack that is selected. */
  stack: string | null;
  /** Which servers are reported, by their keys; `*` stands for any characters. Null: all. */
  only: string | null;
  output: "text" | "json" | "markdown";
  /** Files to which the report is appended as Markdown. */
  markdownFiles: string[];
}

export const usage = `npm run drift -- [--stack STACK] [--only PATTERN] [--json] [--markdown FILE]

Says what was changed by hand on the stack's servers since the last \`pulumi up\`, with the changes themselves, and
changes nothing. The report goes to standard output, progress to standard error.

  --stack STACK    which stack; without it the one that is selected
  --only PATTERN   only the servers whose key matches; * stands for any characters
  --json           JSON in place of the text: docs/drift.md, docs/drift.schema.json
  --markdown FILE  append the report to FILE as Markdown as well ($GITHUB_STEP_SUMMARY, say); - in place of FILE
                   prints it in place of the text
  --help           this

Exit codes: 0 as deployed; 2 drift; 1 something could not be looked at (the rest is reported all the same), or the
command line is wrong.
`;

/** A command line that means nothing; the message says why. */
export class UsageError extends Error {}

/** @returns what is asked for, or "help". @throws UsageError */
export function parseCommandLine(words: readonly string[]): Wish | "help" {
  const { stack, only, json, markdown = [], help } = valuesOf(words);
  if (help) return "help";
  for (const [name, values] of Object.entries({ stack, only, markdown })) {
    if ([values].flat().includes("")) throw new UsageError(`--${name} needs a value [DBK-CLI-1]`);
  }
  const printsMarkdown = markdown.includes("-");
  if (json && printsMarkdown)
    throw new UsageError("--json and --markdown - both want standard output [DBK-CLI-1]");
  return {
    stack: stack ?? null,
    only: only ?? null,
    output: json ? "json" : printsMarkdown ? "markdown" : "text",
    markdownFiles: markdown.filter((file) => file !== "-"),
  };
}

function valuesOf(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        stack: { type: "string", short: "s" },
        only: { type: "string" },
        json: { type: "boolean", default: false },
        markdown: { type: "string", multiple: true },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${messageOf(error)} [DBK-CLI-1]`, { cause: error });
  }
}
