/** Why a server could not be logged in to, or why an open session ended. */
export type ConnectErrorKind =
  | "account-locked"
  | "bad-connection"
  | "changed-host-key"
  | "client-configuration"
  | "closed"
  | "connection-lost"
  | "dropped"
  | "jump-host"
  | "name-not-found"
  | "no-common-algorithm"
  | "no-shell"
  | "no-ssh"
  | "no-sudo"
  | "not-ssh"
  | "other"
  | "port-closed"
  | "refused-key"
  | "revoked-host-key"
  | "timeout"
  | "unknown-host-key"
  | "unreachable"
  | "wrong-login";

/** What failed, where, why, and what to do next: everything a message of this provider says. */
export interface ErrorText {
  /** The server as the person names it. */
  host: string;
  /** What failed, as a clause: "logging in failed". */
  what: string;
  /** Why, as ssh or the server said it. */
  why: string;
  /** What the person does next; a sentence. */
  next: string;
}

/** Everything that this provider reports as a failure. `host` is the server as the person names it. */
export class RemoteHostError extends Error {
  readonly host: string;
  constructor(text: ErrorText, options?: ErrorOptions) {
    super(`${text.host}: ${text.what}: ${withoutFinalStop(text.why)}. ${text.next}`.trim(), options);
    this.name = new.target.name;
    this.host = text.host;
  }
}

/** No session with the server, or no longer one. */
export class ConnectError extends RemoteHostError {
  readonly kind: ConnectErrorKind;
  constructor(kind: ConnectErrorKind, text: ErrorText, options?: ErrorOptions) {
    super(text, options);
    this.kind = kind;
  }
}

/** The server answered, and what was asked of it failed. */
export class RemoteCommandError extends RemoteHostError {
  /** Exit code of the script; null where the request did not arrive whole, so that nothing ran. */
  readonly code: number | null;
  readonly stderr: string;
  constructor(text: ErrorText, failure: { code: number | null; stderr: string }, options?: ErrorOptions) {
    super(text, options);
    this.code = failure.code;
    this.stderr = failure.stderr;
  }
}

/** Something on the server belongs to somebody else, so nothing was changed. */
export class ConflictError extends RemoteHostError {}

function withoutFinalStop(text: string): string {
  return text.trim().replace(/[.\s]+$/, "");
}
