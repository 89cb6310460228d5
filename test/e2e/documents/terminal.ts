import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseName } from "../../sandbox/database.ts";

/** A command run in a terminal, and its expected exit code. */
export interface TypedCommand {
  text: string;
  exits: number;
}

export interface Session {
  /** The exit code of each command. The first unexpected one ends the session. */
  codes: number[];
  /** The text on the screen. */
  screen: string;
}

/** The answers to the questions of the commands. */
const answers: readonly { question: RegExp; answer: string }[] = [
  { question: /Type the database's name to go on: $/, answer: databaseName },
  { question: /\(yes\/no(\/\[fingerprint\])?\)\? $/, answer: "yes" },
  { question: /\[y\/N\] $/, answer: "y" },
];

/** After so many milliseconds a block of commands counts as hung. Many of them take long on a busy machine. */
const longest = 900_000;

/**
 * Runs the commands in one shell and one terminal, one after the other.
 * @returns the exit codes, the last of which is another than expected where a command failed; 124 for one that hangs
 */
export async function inTerminal(
  commands: readonly TypedCommand[],
  directory: string,
  environment: NodeJS.ProcessEnv,
): Promise<Session> {
  const notes = mkdtempSync(join(tmpdir(), "documents-"));
  mkdirSync(join(notes, "commands"));
  const codes = join(notes, "codes");
  writeFileSync(codes, "");
  for (const [index, { text }] of commands.entries())
    writeFileSync(join(notes, "commands", `${index}`), text);
  const steps = commands.map(
    ({ exits }, index) =>
      `. '${notes}/commands/${index}'; code=$?; echo $code >>'${codes}'; [ $code = ${exits} ] || exit 1`,
  );
  writeFileSync(join(notes, "session"), `${steps.join("\n")}\n`);
  try {
    const screen = await converse(`sh '${notes}/session'`, directory, environment);
    const ended = readFileSync(codes, "utf8").trim();
    const known = ended === "" ? [] : ended.split("\n").map(Number);
    return { codes: screen.hangs ? [...known, 124] : known, screen: screen.text };
  } finally {
    rmSync(notes, { recursive: true, force: true });
  }
}

/** `script` gives the commands a terminal. */
function converse(
  command: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ text: string; hangs: boolean }> {
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  let unanswered = "";
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGTERM");
  }, longest);
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    unanswered += piece;
    const known = answers.find(({ question }) => question.test(plain(unanswered)));
    if (known === undefined) return;
    unanswered = "";
    child.stdin.write(`${known.answer}\n`);
  });
  child.stdin.on("error", () => {}); // the terminal may be gone before the answer is there
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve({ text: plain(text), hangs });
    });
  });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: removes a terminal's control sequences
const controls = /\u001b\[[0-9;?]*[A-Za-z]|\r(?=\n)/g;
/** The text without control sequences. An overwritten line comes before the new one. */
const plain = (text: string): string => text.replaceAll(controls, "").replaceAll("\r", "\n");
