import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CommandOptions } from "./command.ts";
import { cacheDirectory } from "./places.ts";

const quietSeconds = 10;

/**
 * Says what a step of the set-up does, and after it how long it took. While a long step is silent, a line every ten
 * seconds shows the last thing it printed; everything it printed stays in a log in the cache directory.
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

/** One line for the person who waits. On stderr, so that it never mixes with a program's output. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
