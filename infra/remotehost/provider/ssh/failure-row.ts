import type { ConnectErrorKind } from "../../errors.ts";

/** What the sentence about the next step may name. */
export interface FailureContext {
  /** The `ssh … HOST` that a person types to see the same. */
  ssh: string;
  user: string;
  /** The name under which ssh looks for the host key: `HOST` or `[HOST]:PORT`. */
  lookupName: string;
  /** `ssh-keyscan` with port and host. */
  keyscan: string;
  /** The file whose key does not match, where ssh names it. */
  knownHosts: string | null;
  /** Fingerprint of the key that was shown, where ssh names it. */
  fingerprint: string | null;
  /** Whether the configuration pins the host key. */
  pinned: boolean;
}

/** One row of what OpenSSH may say, and what it means. */
export interface Failure {
  kind: ConnectErrorKind;
  /** A line of OpenSSH's stderr (8 to 10, LC_ALL=C) that means this. */
  pattern: RegExp;
  what: string;
  /** Whether the same attempt, a little later, has a chance. */
  retry: boolean;
  next: (context: FailureContext) => string;
}
