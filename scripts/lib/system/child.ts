import { spawn } from "node:child_process";
import { endedBy, InterruptedError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { bytesOf, textOf } from "../base/text-bytes.ts";

export interface ChildOptions {
  /** Text or bytes to send, a text to send later, or the descriptor to read; nothing unless set. */
  input?: string | Buffer | number | Promise<string>;
  /**
   * Called with the whole output so far whenever there is more. The input stays open until it first returns a text,
   * which is sent and ends the input.
   */
  reply?: (output: string) => string | null;
  /** Called with the stderr so far whenever there is more. */
  overhear?: (stderr: string) => void;
  /** Is given each piece of stderr, as it comes. */
  passOn?: (piece: Buffer) => void;
  /** A descriptor that takes the output; collected unless set. */
  output?: number;
  /** Variables that the child has besides this program's own. */
  variables?: Readonly<Record<string, string>>;
  /** Descriptors the child has too (as 3, 4, …): a lock given here is held until the child is gone as well. */
  inherit?: readonly number[];
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

export interface ChildResult {
  /** Exit status; 128 when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * From this exit status on, the status is not the program's own: Docker could not start it (126, 127), or a signal
 * ended it.
 */
export const firstForeignStatus = 126;

/** The error text for a program in a container that printed nothing. */
export const exitDescription = (program: string, status: number): string =>
  `${program} ended with status ${status}${status < firstForeignStatus ? "" : ", as when the container or Docker is stopped"}`;

const stderrLimit = 65_536;

/**
 * Runs one program to its end, without a shell.
 * @throws after ending the child: InterruptedError on time-out, on abort its reason; the system's error if it cannot
 * start.
 */
export function runChild(
  command: string,
  argv: readonly string[],
  options: ChildOptions,
): Promise<ChildResult> {
  const signal = limited(options);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(interruption(signal, command, options.timeoutSeconds));
    const { input } = options;
    const child = spawn(command, argv, {
      // Outside the terminal's process group: Ctrl-C reaches only this program, which ends the child if necessary.
      detached: true,
      env: { ...process.env, ...options.variables },
      stdio: [
        typeof input === "number" ? input : input === undefined ? "ignore" : "pipe",
        options.output ?? "pipe",
        "pipe",
        ...(options.inherit ?? []),
      ],
    });
    const stdout: Buffer[] = [];
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      const last = options.reply?.(Buffer.concat(stdout).toString()) ?? null;
      if (last !== null && child.stdin?.writable) child.stdin.end(bytesOf(last));
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrLimit);
      options.overhear?.(stderr);
      options.passOn?.(chunk);
    });
    // A child that ends before it has read all input gives the reason by its exit status.
    child.stdin?.on("error", () => {});
    if (typeof input === "string" || Buffer.isBuffer(input)) {
      const bytes = typeof input === "string" ? bytesOf(input) : input;
      if (options.reply === undefined) child.stdin?.end(bytes);
      else child.stdin?.write(bytes);
    }
    if (input instanceof Promise) {
      input.then(
        (text) => child.stdin?.end(bytesOf(text)),
        () => child.stdin?.end(),
      );
    }
    const end = () => child.kill("SIGKILL");
    signal.addEventListener("abort", end, { once: true });
    child.on("error", reject);
    child.on("close", (code) => {
      signal.removeEventListener("abort", end);
      if (signal.aborted) return reject(interruption(signal, command, options.timeoutSeconds));
      resolve({ code: code ?? 128, stdout: textOf(Buffer.concat(stdout)), stderr });
    });
  });
}

/** Aborted by the options' signal, and when their time is over. */
export function limited({
  signal,
  timeoutSeconds,
}: Pick<ChildOptions, "signal" | "timeoutSeconds">): AbortSignal {
  const signals: AbortSignal[] = signal === undefined ? [] : [signal];
  if (timeoutSeconds !== undefined) signals.push(AbortSignal.timeout(timeoutSeconds * 1000));
  return AbortSignal.any(signals);
}

/** Why it was ended: the reason that ended the run (possibly the failure of another part), or its own time-out. */
export function interruption(signal: AbortSignal, command: string, timeoutSeconds?: number): Error {
  const { reason } = signal;
  if (!(reason instanceof DOMException && reason.name === "TimeoutError")) return endedBy(signal);
  return new InterruptedError(
    `${command} gave no answer within ${timeoutSeconds} s; run: systemctl status docker [DBK-DOCKER-6]`,
    ExitCode.unavailable,
  );
}

/**
 * Starts a program that goes on by itself: it holds none of this one's descriptors, locks and terminal, and its output
 * is for nobody.
 * @param failed is told why it could not be started.
 */
export function startAlone(command: string, argv: readonly string[], failed: (error: Error) => void): void {
  const child = spawn(command, argv, { detached: true, stdio: "ignore", cwd: "/" });
  child.on("error", failed);
  child.unref();
}
