import type { ConnectErrorKind } from "../../errors.ts";

/** The values that the sentence about the next step may use. */
export interface FailureContext {
  /** The `ssh … HOST` command that reproduces the failure. */
  ssh: string;
  user: string;
  /** The name under which ssh looks for the host key: `HOST` or `[HOST]:PORT`. */
  lookupName: string;
  /** `ssh-keyscan` with port and host. */
  keyscan: string;
  /** The file whose key does not match, if ssh names it. */
  knownHosts: string | null;
  /** Fingerprint of the server's key, if ssh names it. */
  fingerprint: string | null;
  /** Whether the configuration pins the host key. */
  pinned: boolean;
}

/** One message of OpenSSH, with its meaning. */
export interface Failure {
  kind: ConnectErrorKind;
  /** A line of OpenSSH's stderr (8 to 10, LC_ALL=C) that means this. */
  pattern: RegExp;
  what: string;
  /** Whether a retry a little later may succeed. */
  retry: boolean;
  next: (context: FailureContext) => string;
}
