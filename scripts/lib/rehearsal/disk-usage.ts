import { existsSync } from "node:fs";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { ChildOptions } from "../system/child.ts";
import { DockerError, runDocker } from "../system/docker.ts";
import { freeBytes } from "../system/space.ts";

/**
 * Free bytes on the file system of a container's volume. An image may lack `df`: then `stat` is used, and without both
 * this server's own view of the volume, if it has one.
 * @param directory where the volume is mounted.
 * @throws DockerError, InterruptedError, ProgramError
 */
export async function freeIn(container: string, directory: string, options: ChildOptions): Promise<number> {
  // POSIX: file system, total, used and available kibibytes in the last line.
  const said = await answerOf([], container, ["df", "-P", "-k", directory], options);
  if (said !== null) return bytes(container, "df", said, Number(lastWords(said)[3]) * 1024);
  const stated = await answerOf([], container, ["stat", "-f", "-c", "%a %S", directory], options);
  if (stated !== null) {
    const [blocks, size] = lastWords(stated);
    return bytes(container, "stat", stated, Number(blocks) * Number(size));
  }
  const source = await volumeSource(container, directory, options);
  if (existsSync(source)) return freeBytes(source);
  throw new ProgramError(
    `container ${container} has neither df nor stat: its free space is unknown; add coreutils or busybox to its image [DBK-SPACE-3]`,
    ExitCode.failed,
  );
}

/**
 * The disk use of a directory of PostgreSQL in a container; null if its image lacks `du`.
 * @param user the system's user that owns it.
 * @throws as `freeIn`
 */
export async function usedIn(
  container: string,
  directory: string,
  user: string,
  options: ChildOptions,
): Promise<number | null> {
  // A root without capabilities cannot look into it.
  const said = await answerOf(["--user", user], container, ["du", "-s", "-k", directory], options);
  return said === null ? null : bytes(container, "du", said, Number(lastWords(said)[0]) * 1024);
}

interface Answer {
  stdout: string;
  stderr: string;
}

/** Docker's exit codes when it cannot run a command. Some versions give the reason on standard output. */
const missing: ReadonlySet<number> = new Set([126, 127]);

/** Null when the image lacks the command. */
async function answerOf(
  who: readonly string[],
  container: string,
  argv: readonly string[],
  options: ChildOptions,
): Promise<Answer | null> {
  try {
    const result = await runDocker(container, ["exec", ...who, container, ...argv], options);
    // Other exit statuses are ignored: files come and go while du runs.
    return missing.has(result.code) ? null : result;
  } catch (error) {
    if (error instanceof DockerError && error.kind === "command-missing") return null;
    throw error;
  }
}

const lastWords = ({ stdout }: Answer): string[] => stdout.trim().split("\n").at(-1)?.split(/\s+/) ?? [];

function bytes(container: string, command: string, { stdout, stderr }: Answer, size: number): number {
  if (stdout.trim() !== "" && Number.isSafeInteger(size)) return size;
  throw new ProgramError(
    `\`${command}\` in container ${container} did not report its space: ${stderr.trim() || stdout.trim()} [DBK-SPACE-3]`,
    ExitCode.failed,
  );
}

async function volumeSource(container: string, directory: string, options: ChildOptions): Promise<string> {
  const format = `{{range .Mounts}}{{if eq .Destination ${JSON.stringify(directory)}}}{{.Source}}{{end}}{{end}}`;
  const argv = ["container", "inspect", "--format", format, container];
  return (await runDocker(container, argv, options)).stdout.trim();
}
