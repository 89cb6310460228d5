import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CommandOptions } from "./command.ts";
import { cacheDirectory } from "./places.ts";

const quietSeconds = 10;

/**
 * Prints the name of a step of the set-up, and its duration at the end. During a long step the latest line of its
 * output is printed every ten seconds. All of its output is in a log in the cache directory.
 */
export async function step<T>(
  what: string,
  log: string,
  work: (options: Pick<CommandOptions, "onOutput">) => Promise<T>,
): Promise<T> {
  mkdirSync(join(cacheDirectory, "logs"), { recursive: true });
  const path = join(cacheDirectory, "logs", `${log}.log`);
  const file = createWriteStream(path);
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  let last = "";
  say(`${what} …`);
  const timer = setInterval(() => say(`  ${seconds()} s${last ? `: ${last}` : ""}`), quietSeconds * 1000);
  try {
    const result = await work({
      onOutput: (text) => {
        file.write(text);
        last = text.trim().split("\n").at(-1)?.slice(0, 90) ?? last;
      },
    });
    say(`  done in ${seconds()} s`);
    return result;
  } catch (error) {
    say(`  failed after ${seconds()} s; everything it printed: ${path}`);
    throw error;
  } finally {
    clearInterval(timer);
    file.end();
  }
}

/** Prints one line of progress, on stderr because stdout is a program's result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
