import { randomBytes } from "node:crypto";
import { type Connection, sshArguments } from "../../connection.ts";
import type { ConnectError } from "../../errors.ts";
import {
  closedSession,
  loginDeadline,
  loginFailure,
  loginTimeout,
  type SshEnd,
  worthRetrying,
} from "./failure.ts";
import { MessageDecoder } from "./frame.ts";
import { type Greeting, greet, type Machine } from "./greeting.ts";
import { remoteLoop } from "./remote-loop.ts";
import { SshProcess } from "./ssh-process.ts";

/** An ssh process whose server takes requests. */
export interface Login {
  ssh: SshProcess;
  decoder: MessageDecoder;
  machine: Machine;
}

/** A login that failed, and whether the same again has a chance. */
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

  const ready = new Promise<Machine>((resolve) => {
    ssh.stdout.on("data", function listen(bytes: Buffer) {
      for (const message of decoder.push(bytes)) greeting = greet(greeting, message);
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
  if ("stderr" in outcome) return failed(connection, outcome, greeting);
  return { ssh, decoder, machine: outcome };
}

function failed(connection: Connection, end: SshEnd, greeting: Greeting): FailedLogin {
  return { error: loginFailure(connection, end, greeting), retry: worthRetrying(end, greeting) };
}

function aborted(signal: AbortSignal): Promise<"aborted"> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
}
