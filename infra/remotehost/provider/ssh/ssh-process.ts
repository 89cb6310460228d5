import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { SshEnd } from "./failure.ts";

// Enough for all messages of ssh about one failure, after a long banner.
const keptStderr = 16 * 1024;
// Milliseconds between SIGTERM and SIGKILL.
const grace = 2000;

const alive = new Set<SshProcess>();
process.on("exit", () => {
  for (const ssh of alive) ssh.signal("SIGTERM");
});

/** One `ssh` of the system with its jump hosts: a process group of its own, without a terminal to ask questions on. */
export class SshProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Never rejects. */
  readonly ended: Promise<SshEnd>;
  readonly #child: ChildProcess;

  constructor(argv: string[]) {
    const child = spawn("ssh", argv, {
      // A jump host's ssh does not inherit BatchMode: without a terminal and askpass it cannot ask either.
      detached: true,
      env: { ...process.env, LC_ALL: "C", SSH_ASKPASS_REQUIRE: "never" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    // Writing to an ssh that has ended is reported by `ended`, with the reason.
    child.stdin.on("error", () => {});
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-keptStderr);
    });
    alive.add(this);
    this.ended = new Promise((resolve) => {
      child.once("error", (cause) => resolve({ code: null, stderr, cause }));
      child.once("close", (code) => resolve({ code, stderr: stderr.replaceAll("\r", "") }));
    });
    this.ended.then(() => alive.delete(this));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends ssh's input, and terminates it after `grace`; resolves when it is gone. */
  async close(): Promise<void> {
    this.stdin.end();
    const term = setTimeout(() => this.signal("SIGTERM"), grace);
    const kill = setTimeout(() => this.signal("SIGKILL"), 2 * grace);
    await this.ended;
    clearTimeout(term);
    clearTimeout(kill);
  }

  /** Ends ssh at once; resolves when it is gone. */
  async abort(): Promise<void> {
    this.signal("SIGTERM");
    await this.close();
  }

  signal(name: "SIGTERM" | "SIGKILL"): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, name);
    } catch {
      // It has ended in between.
    }
  }
}
