import { messageOf } from "../base/errors.ts";
import { runChild } from "../system/child.ts";
import type { Observed, Unreadable } from "./observation.ts";

/** How long a look may take, and what ends it. */
export interface LookOptions {
  timeoutSeconds: number;
  signal: AbortSignal;
}

/**
 * Looks by a shell's script, the same that the deployment runs over ssh.
 * @param read gives null for what a look printed that did not come to its end
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
