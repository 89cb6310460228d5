import { type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  input?: string | Buffer;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with each piece of output as it arrives. */
  onOutput?: (text: string) => void;
  /** After this many milliseconds the command is killed and its code is 124. */
  timeout?: number;
}

/** A command of the set-up failed. `result` has its output. */
export class CommandError extends Error {
  readonly result: CommandResult;

  constructor(argv: readonly string[], result: CommandResult) {
    const printed = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-20).join("\n");
    super(`\`${argv.join(" ")}\` exited ${result.code} [DBK-PULUMI-3]:\n${printed}`);
    this.name = "CommandError";
    this.result = result;
  }
}

/**
 * Runs a program without a shell and waits for its end. The code of a program that a signal ended is 128 plus the
 * signal's number. Rejects only if the program cannot be started.
 */
export function execute(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = "", ...rest] = argv;
  const spawnOptions: SpawnOptions = { stdio: ["pipe", "pipe", "pipe"] };
  if (options.cwd !== undefined) spawnOptions.cwd = options.cwd;
  if (options.env !== undefined) spawnOptions.env = options.env;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, spawnOptions);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
          }, options.timeout);
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      into.push(chunk);
      options.onOutput?.(chunk.toString());
    };
    child.stdout?.on("data", collect(out));
    child.stderr?.on("data", collect(err));
    child.stdin?.on("error", () => {}); // the program may end without reading its input
    child.stdin?.end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: timedOut ? 124 : (code ?? 128 + constants.signals[signal ?? "SIGKILL"]),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** Runs a program. @returns its trimmed output @throws CommandError for an exit code other than 0 */
export async function succeed(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await execute(argv, options);
  if (result.code !== 0) throw new CommandError(argv, result);
  return result.stdout.trim();
}

/** Whether the program is on PATH. */
export async function isInstalled(program: string): Promise<boolean> {
  const found = await execute(["sh", "-c", 'command -v "$1"', "sh", program]);
  return found.code === 0;
}
