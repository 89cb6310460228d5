import type { Message } from "./frame.ts";

/** Who and what answered, known from the first answer without a request. */
export interface Machine {
  /** /etc/machine-id; empty where the server has none. */
  id: string;
  /** The login, before sudo. */
  user: string;
  /** As `uname -m` says it: x86_64, aarch64. */
  architecture: string;
  /** As `uname -r` says it. */
  kernel: string;
}

/** How far a login has come: nothing said yet, logged in and about to become root, or ready for requests. */
export type Greeting =
  | { stage: "connecting" }
  | { stage: "logged-in"; user: string; root: boolean }
  | { stage: "ready"; machine: Machine };

/** The state after one more message of the server. */
export function greet(before: Greeting, { words }: Message): Greeting {
  const [kind, first = "", second = "", third = ""] = words;
  if (kind === "login") return { stage: "logged-in", user: second, root: first === "0" };
  if (kind === "ready" && before.stage === "logged-in") {
    return {
      stage: "ready",
      machine: { id: third, user: before.user, architecture: first, kernel: second },
    };
  }
  return before;
}
