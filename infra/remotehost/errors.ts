import type { ErrorId } from "../../scripts/contract/error-ids.ts";

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

/** The kind's id in docs/TROUBLESHOOTING.md. Kinds with the same remedy share one id. */
const connectErrorIds: Record<ConnectErrorKind, ErrorId> = {
  "account-locked": "[DBK-SSH-5]",
  "bad-connection": "[DBK-SSH-1]",
  "changed-host-key": "[DBK-SSH-3]",
  "client-configuration": "[DBK-SSH-1]",
  closed: "[DBK-SSH-12]",
  "connection-lost": "[DBK-SSH-12]",
  dropped: "[DBK-SSH-10]",
  "jump-host": "[DBK-SSH-7]",
  "name-not-found": "[DBK-SSH-8]",
  "no-common-algorithm": "[DBK-SSH-9]",
  "no-shell": "[DBK-SSH-11]",
  "no-ssh": "[DBK-SSH-1]",
  "no-sudo": "[DBK-SSH-6]",
  "not-ssh": "[DBK-SSH-8]",
  other: "[DBK-SSH-11]",
  "port-closed": "[DBK-SSH-8]",
  "refused-key": "[DBK-SSH-4]",
  "revoked-host-key": "[DBK-SSH-3]",
  timeout: "[DBK-SSH-8]",
  "unknown-host-key": "[DBK-SSH-2]",
  unreachable: "[DBK-SSH-8]",
  "wrong-login": "[DBK-SSH-6]",
};

/** The parts of a message of this provider: what failed, where, why, and what to do next. */
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

/** With the id that the message ends with. */
export interface IdentifiedText extends ErrorText {
  id: ErrorId;
}

/** Everything that this provider reports as a failure. `host` is the server as the person names it. */
export class RemoteHostError extends Error {
  readonly host: string;
  constructor({ host, what, why, next, id }: IdentifiedText, options?: ErrorOptions) {
    super(`${host}: ${what}: ${withoutFinalStop(why)}. ${next} ${id}`, options);
    this.name = new.target.name;
    this.host = host;
  }
}

/** No session with the server, or no longer one. */
export class ConnectError extends RemoteHostError {
  readonly kind: ConnectErrorKind;
  constructor(kind: ConnectErrorKind, text: ErrorText, options?: ErrorOptions) {
    super({ ...text, id: connectErrorIds[kind] }, options);
    this.kind = kind;
  }
}

/** The server answered, and the request failed. */
export class RemoteCommandError extends RemoteHostError {
  /** Exit code of the script; null where the request did not arrive whole, so that nothing ran. */
  readonly code: number | null;
  readonly stderr: string;
  constructor(
    text: IdentifiedText,
    failure: { code: number | null; stderr: string },
    options?: ErrorOptions,
  ) {
    super(text, options);
    this.code = failure.code;
    this.stderr = failure.stderr;
  }
}

/** Something on the server has another owner, so nothing was changed. */
export class ConflictError extends RemoteHostError {}

function withoutFinalStop(text: string): string {
  return text.trim().replace(/[.\s]+$/, "");
}
