import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, sshArguments } from "./connection.ts";
import { loginFailure, type SshEnd } from "./provider/ssh/failure.ts";

/** The fingerprint of `TYPE BASE64` as ssh-keygen -l prints it. */
export function fingerprintOf(hostKey: string): string {
  const bytes = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}

/** Written by ssh itself to a file of known hosts that was empty: `TYPE BASE64`, or null. */
export function learntHostKey(knownHosts: string): string | null {
  const [, type, key] = knownHosts.trim().split("\n").at(-1)?.split(" ") ?? [];
  return type === undefined || key === undefined ? null : `${type} ${key}`;
}

/**
 * Reads a server's host key with the user's own ssh, through their jump hosts, whose keys are checked as usual. None of
 * the user's keys is offered to the server.
 * @returns `TYPE BASE64`
 * @throws ConnectError if the server shows none
 */
export async function showHostKey(connection: Connection, signal: AbortSignal): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "host-key-"));
  const learnt = join(directory, "known_hosts");
  // The first value of an option counts, so these come before the strict ones.
  const options = [
    "StrictHostKeyChecking=accept-new",
    `UserKnownHostsFile="${learnt}"`,
    "GlobalKnownHostsFile=/dev/null",
    "HashKnownHosts=no",
    "CheckHostIP=no",
    "UpdateHostKeys=no",
    "PreferredAuthentications=none",
  ];
  try {
    const words = [...options.flatMap((option) => ["-o", option]), ...sshArguments(connection), "true"];
    const end = await run(words, signal);
    const hostKey = learntHostKey(await readFile(learnt, "utf8").catch(() => ""));
    if (hostKey === null) throw loginFailure(connection, end, { stage: "connecting" });
    return hostKey;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function run(words: readonly string[], signal: AbortSignal): Promise<SshEnd> {
  const ssh = spawn("ssh", words, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_ALL: "C", SSH_ASKPASS_REQUIRE: "never" },
    signal,
  });
  let stderr = "";
  ssh.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    ssh.on("error", (cause) => resolve({ code: null, stderr, cause }));
    ssh.on("close", (code) => resolve({ code, stderr: stderr.replaceAll("\r", "") }));
  });
}
