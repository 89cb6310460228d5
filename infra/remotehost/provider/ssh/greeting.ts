import type { Message } from "./frame.ts";

/** The machine and user that answered, known from the first answer without a request. */
export interface Machine {
  /** /etc/machine-id; empty if the server has none. */
  id: string;
  /** The login, before sudo. */
  user: string;
  /** As printed by `uname -m`: x86_64, aarch64. */
  architecture: string;
  /** As printed by `uname -r`. */
  kernel: string;
  /**
   * The present boot of this machine, which even a clone does not share: the kernel's boot_id and the PID namespace.
   */
  boot?: string;
}

/** The progress of a login: no message yet, logged in and about to become root, or ready for requests. */
export type Greeting =
  | { stage: "connecting" }
  | { stage: "logged-in"; user: string; root: boolean }
  | { stage: "ready"; machine: Machine };

/** The state after one more message of the server. */
export function greet(before: Greeting, { words }: Message): Greeting {
  const [kind, first = "", second = "", ...more] = words;
  if (kind === "login") return { stage: "logged-in", user: second, root: first === "0" };
  if (kind === "ready" && before.stage === "logged-in") {
    const [id = "", ...starts] = more.map((word) => (word === "-" ? "" : word));
    const boot = starts.join(" ").trim();
    const machine = { id, user: before.user, architecture: first, kernel: second, ...(boot && { boot }) };
    return { stage: "ready", machine };
  }
  return before;
}
