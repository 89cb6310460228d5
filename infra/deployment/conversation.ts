import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Interruption } from "./errors.ts";

/** Prompts. They are printed on standard error, so that standard output is the result alone. */
export interface Conversation {
  /** Whether there is a terminal to ask on. */
  readonly possible: boolean;
  /** Yes or no; anything but a yes is a no. */
  confirm(question: string): Promise<boolean>;
  ask(question: string): Promise<string>;
  /** The typed text is not shown. */
  askSecretly(question: string): Promise<string>;
}

/**
 * @param signal ends a question as Ctrl-C does
 * @param quietly suppresses other output while a prompt is shown
 */
export function conversation(
  signal: AbortSignal,
  quietly: (work: () => Promise<string>) => Promise<string>,
): Conversation {
  const question = (text: string, hidden = false) => quietly(() => put(text, hidden));
  const put = async (text: string, hidden: boolean): Promise<string> => {
    let muted = false;
    const output = new Writable({
      write(chunk, _encoding, done) {
        if (!muted) process.stderr.write(chunk);
        done();
      },
    });
    const terminal = createInterface({ input: process.stdin, output, terminal: true });
    const left = new AbortController();
    const leave = () => left.abort();
    terminal.on("SIGINT", leave);
    terminal.on("close", leave);
    try {
      const answer = terminal.question(text, { signal: AbortSignal.any([signal, left.signal]) });
      muted = hidden;
      return (await answer).trim();
    } catch {
      throw new Interruption("interrupted; nothing was changed [DBK-CLI-4]", "");
    } finally {
      // Remove only this listener. The terminal has one of its own, by which it releases the keyboard; without it later
      // input would be shown.
      terminal.off("close", leave);
      terminal.close();
      if (hidden) process.stderr.write("\n");
    }
  };
  return {
    possible: process.stdin.isTTY === true,
    ask: (text) => question(text),
    askSecretly: (text) => question(text, true),
    confirm: async (text) => /^y(es)?$/i.test(await question(`${text} [y/N] `)),
  };
}
