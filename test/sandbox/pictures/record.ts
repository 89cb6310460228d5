import { spawn } from "node:child_process";
import { controls } from "./screen.ts";

/** What a person types when the last thing on the screen is `question`. */
export interface Answer {
  question: string;
  answer: string;
}

/**
 * Runs a command in a terminal, as a person does, so that it colours and asks.
 * @returns everything that the terminal got, with its control sequences
 * @throws Error with it, when the command does not exit with 0
 */
export function record(command: string, answers: readonly Answer[] = []): Promise<string> {
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const waiting = [...answers];
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    const next = waiting[0];
    if (next === undefined || !text.replaceAll(controls, "").endsWith(next.question)) return;
    waiting.shift();
    child.stdin.write(`${next.answer}\n`);
  });
  child.stdin.on("error", () => {}); // the terminal may be gone before the answer is there
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command}\nexited ${code}:\n${text}`)),
    );
  });
}
