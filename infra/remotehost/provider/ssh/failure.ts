import { shellWord } from "../../../../scripts/contract/quoting.ts";
import { type Connection, connectionShapes, defaultConnectTimeout } from "../../connection.ts";
import { ConnectError } from "../../errors.ts";
import type { Failure, FailureContext } from "./failure-row.ts";
import { failures } from "./failure-table.ts";
import type { Greeting } from "./greeting.ts";
import { ownLines } from "./own-lines.ts";

/** How an ssh process ended: its exit code (null after a signal) and the last of its stderr. */
export interface SshEnd {
  code: number | null;
  stderr: string;
  /** The server's output instead of the greeting. */
  stdout?: string;
  /** The error if ssh itself could not be started. */
  cause?: Error;
}

/** Seconds after which a login is abandoned although ssh is still trying; at most 15 with the default time-out. */
export function loginDeadline(connection: Connection): number {
  return (connection.connectTimeout ?? defaultConnectTimeout) + 4;
}

/** The table's row for ssh's own message, if any. */
export function classify(stderr: string): Failure | undefined {
  return failures.find(({ pattern }) => pattern.test(stderr));
}

/** Whether another attempt makes sense after this failure. */
export function worthRetrying(end: SshEnd, greeting: Greeting): boolean {
  return greeting.stage === "connecting" && (classify(ownLines(end.stderr))?.retry ?? false);
}

/** Why a login failed before the server accepted requests. */
export function loginFailure(connection: Connection, end: SshEnd, greeting: Greeting): ConnectError {
  const { host } = connection;
  const options = end.cause === undefined ? {} : { cause: end.cause };
  const said =
    lastLine(end.stderr) ??
    lastLine(end.stdout ?? "") ??
    `ssh ended with exit code ${end.code ?? "none"} and said nothing`;
  const own = ownLines(end.stderr);
  const context = failureContext(connection, own);
  if (end.cause !== undefined) {
    const text = { host, what: "ssh could not be started", why: end.cause.message };
    return new ConnectError(
      "no-ssh",
      { ...text, next: "Install OpenSSH's client on this machine." },
      options,
    );
  }
  if (greeting.stage === "logged-in" && !greeting.root && end.code !== noDirectory) {
    return new ConnectError("no-sudo", {
      host,
      what: `the login ${greeting.user} may not become root`,
      why: said,
      next: `Log in as root, or allow it on the server: echo '${greeting.user} ALL=(ALL) NOPASSWD:ALL' | sudo tee /etc/sudoers.d/90-${greeting.user}.`,
    });
  }
  const other = loginWanted(end.stdout ?? "");
  if (greeting.stage === "connecting" && other !== null) return wrongLogin(connection, other);
  const failure = greeting.stage === "connecting" ? classify(own) : undefined;
  if (failure !== undefined) {
    const line = new RegExp(`^.*(?:${failure.pattern.source}).*$`, "m");
    const why = own.match(line)?.[0].split("\n")[0] ?? said;
    return new ConnectError(failure.kind, { host, what: failure.what, why, next: failure.next(context) });
  }
  const kind = end.code === 255 ? "other" : "no-shell";
  const what = kind === "other" ? "ssh failed" : "the login worked, but no POSIX shell took over";
  return new ConnectError(kind, { host, what, why: said, next: `Try by hand: \`${context.ssh} true\`.` });
}

/** The login that a cloud image wants instead of root, and its sentence (cloud-init's disable_root); null if none. */
export function loginWanted(stdout: string): { user: string; sentence: string } | null {
  const found = /Please login as the user "?([^"\s]+?)"? rather than the user "?[^"\s]+?"?\.?(?=\s|$)/i.exec(
    stdout,
  );
  return found?.[1] === undefined ? null : { user: found[1], sentence: found[0] };
}

function wrongLogin({ host }: Connection, wanted: { user: string; sentence: string }): ConnectError {
  const { user, sentence } = wanted;
  const isNamed = user !== "NONE" && connectionShapes.user.pattern.test(user);
  const next = isNamed
    ? `Log in as ${user}: ${user}@${host} instead of ${host} on the command line, or user: ${user} under this server in the stack configuration.`
    : "Log in as a user with sudo: write user under this server in the stack configuration.";
  return new ConnectError("wrong-login", {
    host,
    what: "the server wants another login",
    why: sentence,
    next,
  });
}

/** The exit code of the remote loop if it cannot create its directory (EX_CANTCREAT). */
const noDirectory = 73;

/** A server that neither answered nor failed in time. */
export function loginTimeout(connection: Connection, greeting: Greeting): ConnectError {
  const seconds = loginDeadline(connection);
  const silent =
    greeting.stage === "logged-in"
      ? `no answer from sudo within ${seconds} s`
      : `no answer within ${seconds} s`;
  return new ConnectError("timeout", {
    host: connection.host,
    what: "the server could not be reached over ssh",
    why: silent,
    next: `See where it hangs: \`${failureContext(connection, "").ssh} true\`. A slow one needs a larger connectTimeout.`,
  });
}

/** An open session that ended by itself. */
export function lostConnection(host: string, end: SshEnd): ConnectError {
  return new ConnectError("connection-lost", {
    host,
    what: "the connection was lost",
    why: lastLine(end.stderr) ?? "ssh ended without a message",
    next: "Whether the last steps were carried out is not known: run the command again, which looks first.",
  });
}

/** A session that this process has closed. */
export function closedSession(host: string): ConnectError {
  const text = {
    host,
    what: "the session was closed",
    why: "the run was cancelled or is over",
    next: "Run again.",
  };
  return new ConnectError("closed", text);
}

/** The values for repeating the ssh command by hand. */
export function failureContext(connection: Connection, stderr: string): FailureContext {
  const { host, user, port, configFile, identityFile, proxyJump } = connection;
  const words = [
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...(identityFile === undefined ? [] : ["-i", identityFile]),
    ...(proxyJump === undefined ? [] : ["-J", proxyJump]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    user === undefined ? host : `${user}@${host}`,
  ];
  const lookup = stderr.match(/[Hh]ost key (?:is known )?for (\S+) (?:has changed|and you)/)?.[1];
  const lookupName = lookup ?? (port === undefined || port === 22 ? host : `[${host}]:${port}`);
  const [, bracketed, bracketedPort] = lookupName.match(/^\[(.*)\]:(\d+)$/) ?? [];
  return {
    ssh: `ssh ${words.map(shellWord).join(" ")}`,
    user: user ?? stderr.match(/^(\S+)@\S+: Permission denied/m)?.[1] ?? "USER",
    lookupName,
    keyscan:
      bracketed === undefined ? `ssh-keyscan ${lookupName}` : `ssh-keyscan -p ${bracketedPort} ${bracketed}`,
    knownHosts: stderr.match(/Offending .*key in (\S+):\d+/)?.[1] ?? null,
    fingerprint: stderr.match(/^(SHA256:[A-Za-z0-9+/=]+)\.?$/m)?.[1] ?? null,
    pinned: connection.hostKey !== undefined,
  };
}

function lastLine(stderr: string): string | null {
  return stderr.trim().split("\n").at(-1)?.trim() || null;
}
