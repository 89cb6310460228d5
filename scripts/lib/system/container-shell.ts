import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { quote, shellCommand } from "../../contract/quoting.ts";
import { bytesOf, textOf } from "../base/text-bytes.ts";
import { type ChildResult, interruption, limited } from "./child.ts";

/** A program in a container, with its variables besides the container's own environment. */
export interface ContainerProgram {
  argv: readonly string[];
  environment: Record<string, string>;
  /** The same, but never visible in a command's arguments. */
  secrets: Record<string, string>;
}

export interface ShellOptions {
  /** What the program reads; nothing unless set. */
  input?: string;
  timeoutSeconds?: number;
  signal?: AbortSignal;
}

/** The shell's exit status where it cannot be used. */
const unusable = 125;

/** A printf that is no builtin has a limit for the length of its arguments. */
const probe = `case $(command -V printf 2>&1) in *builtin*) ;; *) exit ${unusable} ;; esac\n`;

const stderrLimit = 65_536;
/** Longer than a mark with an exit status. */
const markLength = 64;

/** The shells that wait for a program, by container. */
const idle = new Map<string, ContainerShell[]>();
/** The containers whose shell cannot be used. */
const without = new Set<string>();

/**
 * Runs a program in a container by a shell that stays open there for the next one: a `docker exec` costs the server
 * some 45 ms of processor time, another program in a shell 1 ms. Programs that run side by side get a shell each. A
 * program is started at most once.
 * @returns its result; that of `docker exec` if the shell could not be started or ended first; null if the container's
 * shell cannot do this, and the program was not started.
 * @throws as `runChild` does.
 */
export async function runInShell(
  container: string,
  program: ContainerProgram,
  options: ShellOptions,
): Promise<ChildResult | null> {
  const signal = limited(options);
  if (signal.aborted) throw interruption(signal, "docker", options.timeoutSeconds);
  if (without.has(container) || options.input?.includes("\0")) return null;
  const waiting = idle.get(container) ?? [];
  idle.set(container, waiting);
  let shell = waiting.pop();
  while (shell?.hasEnded) shell = waiting.pop();
  shell ??= new ContainerShell(container);
  const { hasStarted, ...result } = await shell.run(program, options, signal);
  if (!shell.hasEnded) waiting.push(shell);
  if (hasStarted || result.code !== unusable) return result;
  without.add(container);
  return null;
}

interface ShellResult extends ChildResult {
  /** False if the shell ended before it read the program's lines. */
  hasStarted: boolean;
}

interface Answer {
  mark: string;
  stdout: Buffer[];
  stderr: string;
  settle: () => void;
}

class ContainerShell {
  readonly #child: ChildProcessWithoutNullStreams;
  #answer: Answer | null = null;
  #failure: Error | null = null;
  #code: number | null = null;

  constructor(container: string) {
    // Detached, as in `runChild`: Ctrl-C reaches only this program.
    const child = spawn("docker", ["exec", "--interactive", "--env", "LC_ALL=C", container, "sh"], {
      detached: true,
      stdio: "pipe",
    });
    child.stdin.on("error", () => {});
    child.stdin.write(probe);
    child.stdout.on("data", (chunk: Buffer) => {
      this.#answer?.stdout.push(chunk);
      this.#answer?.settle();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (this.#answer === null) return;
      this.#answer.stderr = (this.#answer.stderr + chunk.toString()).slice(-stderrLimit);
      this.#answer.settle();
    });
    child.on("error", (error) => {
      this.#failure = error;
      this.#code ??= 128;
      this.#answer?.settle();
    });
    child.on("close", (code) => {
      this.#code ??= code ?? 128;
      this.#answer?.settle();
    });
    this.#child = child;
  }

  get hasEnded(): boolean {
    return this.#code !== null || this.#child.killed;
  }

  /** One program at a time. @returns its result, or that of the shell if it ended. */
  async run(program: ContainerProgram, options: ShellOptions, signal: AbortSignal): Promise<ShellResult> {
    const mark = `mark-${randomBytes(12).toString("hex")}`;
    const end = () => this.#child.kill("SIGKILL");
    this.#hold(true);
    try {
      return await new Promise((resolve, reject) => {
        const settle = () => {
          if (signal.aborted) {
            if (this.#code !== null) reject(interruption(signal, "docker", options.timeoutSeconds));
            return;
          }
          if (this.#failure !== null) return reject(this.#failure);
          try {
            const result = this.#result();
            if (result !== null) resolve(result);
          } catch (error) {
            // An answer that is longer than a text can be.
            end();
            reject(error);
          }
        };
        this.#answer = { mark, stdout: [], stderr: "", settle };
        if (this.#code !== null) return settle();
        signal.addEventListener("abort", end, { once: true });
        this.#child.stdin.write(bytesOf(script(mark, program, options.input)));
      });
    } finally {
      signal.removeEventListener("abort", end);
      this.#answer = null;
      this.#hold(false);
    }
  }

  /** The result of the program, or of the shell that ended; null as long as both run. */
  #result(): ShellResult | null {
    if (this.#answer === null) return null;
    const { mark, stdout, stderr } = this.#answer;
    const first = `${mark}\n`;
    const last = ending(stdout, mark);
    const isWhole = last !== null && stderr.endsWith(first);
    if (!isWhole && this.#code === null) return null;
    const output = Buffer.concat(stdout);
    const hasStarted = output.subarray(0, first.length).equals(Buffer.from(first));
    const answered = output.subarray(hasStarted ? first.length : 0);
    if (!isWhole) return { code: this.#code ?? 128, stdout: textOf(answered), stderr, hasStarted };
    return {
      code: last.code,
      stdout: textOf(answered.subarray(0, answered.length - last.length)),
      stderr: stderr.slice(0, -first.length),
      hasStarted,
    };
  }

  /** A shell that waits keeps this program from nothing, not even from its end. */
  #hold(held: boolean): void {
    const { stderr, stdin, stdout } = this.#child;
    for (const part of [this.#child, stdin as Socket, stdout as Socket, stderr as Socket])
      if (held) part.ref();
      else part.unref();
  }
}

/** The exit status at the end of a program's output, and the length of that line; null while there is none. */
function ending(stdout: readonly Buffer[], mark: string): { code: number; length: number } | null {
  let tail = Buffer.alloc(0);
  for (let at = stdout.length - 1; at >= 0 && tail.length < markLength; at -= 1)
    tail = Buffer.concat([stdout[at] ?? tail, tail]);
  const found = new RegExp(`${mark} (\\d+)\\n$`).exec(tail.subarray(-markLength).toString("latin1"));
  return found === null ? null : { code: Number(found[1]), length: found[0].length };
}

/**
 * The shell's lines for one program. They are only run once the shell has read them to their end; the variables are in
 * no command's arguments.
 */
function script(mark: string, { argv, environment, secrets }: ContainerProgram, input?: string): string {
  const variables = Object.entries({ ...environment, ...secrets });
  const exported = variables.map(([name, value]) => `export ${name}=${quote(value)}; `).join("");
  const start = `(${exported}exec ${shellCommand(...argv)})`;
  const whole =
    input === undefined ? `${start} </dev/null` : `printf %s ${quote(input)} 2>/dev/null | ${start}`;
  return `{ printf '%s\\n' ${mark}; ${whole}; printf '%s %s\\n' ${mark} "$?"; printf '%s\\n' ${mark} >&2; }\n`;
}
