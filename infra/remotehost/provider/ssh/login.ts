import { randomBytes } from "node:crypto";
import { type Connection, sshArguments } from "../../connection.ts";
import type { ConnectError } from "../../errors.ts";
import {
  closedSession,
  loginDeadline,
  loginFailure,
  loginTimeout,
  loginWanted,
  type SshEnd,
  worthRetrying,
} from "./failure.ts";
import { MessageDecoder } from "./frame.ts";
import { type Greeting, greet, type Machine } from "./greeting.ts";
import { remoteLoop } from "./remote-loop.ts";
import { SshProcess } from "./ssh-process.ts";

// The kept characters of a server's output before the greeting. A login shell's noise may be endless.
const keptOutput = 4096;

/** An ssh process whose server takes requests. */
export interface Login {
  ssh: SshProcess;
  decoder: MessageDecoder;
  machine: Machine;
}

/** A failed login, and whether a retry may succeed. */
export interface FailedLogin {
  error: ConnectError;
  retry: boolean;
}

/**
 * One attempt to log in and to become root, ended by `signal`. Throws only for a connection that ssh must not see
 * (ConnectError "bad-connection").
 */
export async function logIn(connection: Connection, signal: AbortSignal): Promise<Login | FailedLogin> {
  if (signal.aborted) return { error: closedSession(connection.host), retry: false };
  const marker = `remotehost-${randomBytes(12).toString("hex")}`;
  const { command, programs } = remoteLoop(marker);
  const ssh = new SshProcess([...sshArguments(connection), command]);
  const decoder = new MessageDecoder(marker);
  let greeting: Greeting = { stage: "connecting" };
  let printed = "";

  const ready = new Promise<Machine | "wrong-login">((resolve) => {
    ssh.stdout.on("data", function listen(bytes: Buffer) {
      if (greeting.stage === "connecting") printed = (printed + bytes.toString()).slice(-keptOutput);
      for (const message of decoder.push(bytes)) greeting = greet(greeting, message);
      // The server reports it at once and ends seconds later.
      if (greeting.stage === "connecting" && loginWanted(printed) !== null) resolve("wrong-login");
      if (greeting.stage !== "ready") return;
      ssh.stdout.off("data", listen);
      resolve(greeting.machine);
    });
  });
  ssh.stdin.write(programs);
  const deadline = AbortSignal.timeout(loginDeadline(connection) * 1000);
  const outcome = await Promise.race([ready, ssh.ended, aborted(AbortSignal.any([deadline, signal]))]);
  if (outcome === "aborted") {
    await ssh.abort();
    const error = signal.aborted ? closedSession(connection.host) : loginTimeout(connection, greeting);
    return { error, retry: false };
  }
  if (outcome === "wrong-login") {
    await ssh.abort();
    return failed(connection, { code: null, stderr: "", stdout: printed }, greeting);
  }
  if ("stderr" in outcome) return failed(connection, { ...outcome, stdout: printed }, greeting);
  return { ssh, decoder, machine: outcome };
}

function failed(connection: Connection, end: SshEnd, greeting: Greeting): FailedLogin {
  return { error: loginFailure(connection, end, greeting), retry: worthRetrying(end, greeting) };
}

function aborted(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
}
