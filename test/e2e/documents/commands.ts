import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { repository } from "../../../infra/local-machine/places.ts";

/** A command of a document. */
export interface DocumentCommand {
  text: string;
  line: number;
  /** Its expected exit code: that of `# exits N` after it, or 0. */
  exits: number;
}

/** A fenced block of commands, with the states named by the comments before and after it. */
export interface CommandBlock {
  given: string | null;
  /** The condition that must hold after the commands. */
  outcome: string | null;
  commands: DocumentCommand[];
}

export interface Document {
  /** Its path from the repository's root. */
  path: string;
  /** The languages of its fenced blocks. */
  languages: string[];
  blocks: CommandBlock[];
}

/** Every document whose commands are tested, read from the repository. */
export function documents(): Document[] {
  const inDocs = readdirSync(join(repository, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", ...inDocs.sort().map((name) => `docs/${name}`)].map(documentAt);
}

/** @param path from the repository's root, or absolute */
export const documentAt = (path: string): Document => ({
  path,
  ...partsOf(readFileSync(resolve(repository, path), "utf8")),
});

const fence = /^(?<indent> *)```(?<language>\S*)\s*$/;
const givenComment = /^\s*<!-- given: (?<words>.+?) -->\s*$/;
/** `SERVER=…` at the top of a procedure. Later blocks run in other shells, so they begin with it too. */
const assignment = /^[A-Z_]+=\S+$/;
const heading = /^#+ /;
const thenComment = /^\s*<!-- then: (?<words>.+?) -->\s*$/;

/** The fenced blocks of a Markdown text. */
export function partsOf(text: string): Pick<Document, "languages" | "blocks"> {
  const languages: string[] = [];
  const blocks: CommandBlock[] = [];
  let open: { language: string; indent: number; begin: number; lines: string[] } | null = null;
  let given: string | null = null;
  let assignments: DocumentCommand[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const found = fence.exec(line)?.groups;
    if (open !== null) {
      if (found === undefined || found.language !== "") {
        open.lines.push(line.slice(open.indent));
        continue;
      }
      languages.push(open.language);
      if (open.language === "sh") {
        const commands = commandsIn(open.lines, open.begin);
        blocks.push({ given, outcome: null, commands: [...assignments, ...commands] });
        assignments = [...assignments, ...commands.filter(({ text }) => assignment.test(text))];
        given = null;
      }
      open = null;
    } else if (found !== undefined) {
      open = {
        language: found.language ?? "",
        indent: (found.indent ?? "").length,
        begin: index + 2,
        lines: [],
      };
    } else {
      given = givenComment.exec(line)?.groups?.words ?? given;
      if (heading.test(line) || givenComment.test(line)) assignments = [];
      const outcome = thenComment.exec(line)?.groups?.words;
      const last = blocks.at(-1);
      if (outcome === undefined) continue;
      if (last === undefined) throw new Error(`line ${index + 1}: no block of commands stands before it`);
      last.outcome = outcome;
    }
  }
  return { languages, blocks };
}

/** Lines are joined until they are complete for a shell: continuations, loops, quotes, here-documents. */
function commandsIn(lines: readonly string[], begin: number): DocumentCommand[] {
  const commands: DocumentCommand[] = [];
  let pending: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (pending.length === 0 && /^\s*(#.*)?$/.test(line)) continue;
    pending.push(line);
    const text = pending.join("\n");
    if (!isComplete(text)) continue;
    const exits = /\s#\s.*?\bexits (?<code>\d+)\b/.exec(text)?.groups?.code ?? "0";
    commands.push({ text, line: begin + index - pending.length + 1, exits: Number(exits) });
    pending = [];
  }
  if (pending.length > 0) throw new Error(`line ${begin}: no shell can read\n${pending.join("\n")}`);
  return commands;
}

function isComplete(text: string): boolean {
  if (/(\\|\||&&)\s*$/.test(text)) return false;
  const word = /<<-?\s*['"]?(?<word>\w+)/.exec(text)?.groups?.word;
  if (word !== undefined && !new RegExp(`^\\t*${word}$`, "m").test(text)) return false;
  return spawnSync("sh", ["-n", "-c", text]).status === 0;
}
