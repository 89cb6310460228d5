import { createInterface } from "node:readline/promises";
import { RestoreError } from "./errors.ts";

const undone = "; nothing was done [DBK-USAGE-3]";

/**
 * Has the person type the database's name.
 * @throws RestoreError `not-confirmed` for anything else, and without a terminal.
 */
export async function confirm(name: string, consequence: string, signal: AbortSignal): Promise<void> {
  if (process.stdin.isTTY !== true) {
    throw new RestoreError(
      "not-confirmed",
      `no terminal to confirm on; use --yes to replace ${name} without confirmation [DBK-USAGE-3]`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal's Ctrl-C comes here while the question stands.
  const left = new AbortController();
  const leave = () => left.abort();
  terminal.on("SIGINT", leave);
  terminal.on("close", leave);
  try {
    const answer = await terminal.question(`${consequence}\nType the database's name to go on: `, {
      signal: AbortSignal.any([signal, left.signal]),
    });
    if (answer === name) return;
    throw new RestoreError("not-confirmed", `"${answer}" is not ${name}${undone}`);
  } catch (error) {
    if (error instanceof RestoreError) throw error;
    if (signal.aborted) throw signal.reason;
    throw new RestoreError("not-confirmed", `not confirmed${undone}`, error);
  } finally {
    // Remove only this listener. The terminal has one of its own, by which it releases the keyboard.
    terminal.off("close", leave);
    terminal.close();
  }
}
