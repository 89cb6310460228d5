import { messageOf } from "../base/errors.ts";
import { runChild } from "../system/child.ts";
import type { Observed, Unreadable } from "./observation.ts";

/** The time limit and the signal of a look. */
export interface LookOptions {
  timeoutSeconds: number;
  signal: AbortSignal;
}

/**
 * Looks by a shell script, the same that the deployment runs over ssh.
 * @param read returns null if the output of a look is cut off
 */
export async function lookByShell<T>(
  script: string,
  argv: readonly string[],
  read: (output: string) => T | null,
  options: LookOptions,
): Promise<Observed<T> | Unreadable> {
  try {
    const { code, stdout } = await runChild("sh", ["-c", script, "sh", ...argv], options);
    const value = read(stdout);
    if (value === null) return { readable: false, reason: `the search broke off with status ${code}` };
    return { readable: true, value };
  } catch (error) {
    options.signal.throwIfAborted();
    return { readable: false, reason: messageOf(error) };
  }
}
