import type { ChildOptions } from "../child.ts";
import { runDocker } from "../docker.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";

/**
 * Bytes that are free on the file system of a container's directory.
 * @throws DockerError, InterruptedError, ProgramError
 */
export const freeIn = (container: string, directory: string, options: ChildOptions): Promise<number> =>
  // POSIX: file system, total, used and available kibibytes in the last line.
  kibibytes([], container, ["df", "-P", "-k", directory], 3, options);

/** Bytes that a directory of PostgreSQL takes in a container. @throws as `freeIn` */
export const usedIn = (container: string, directory: string, options: ChildOptions): Promise<number> =>
  // A root without capabilities cannot look into it.
  kibibytes(["--user", "postgres"], container, ["du", "-s", "-k", directory], 0, options);

async function kibibytes(
  who: readonly string[],
  container: string,
  argv: readonly string[],
  column: number,
  options: ChildOptions,
): Promise<number> {
  // Files come and go while du looks: its exit status says nothing.
  const { stdout, stderr } = await runDocker(container, ["exec", ...who, container, ...argv], options);
  const size = Number(stdout.trim().split("\n").at(-1)?.split(/\s+/)[column]);
  if (stdout.trim() !== "" && Number.isSafeInteger(size)) return size * 1024;
  throw new ProgramError(
    `${argv[0]} in container ${container} does not say how much space there is: ${stderr.trim() || stdout.trim()}`,
    ExitCode.failed,
  );
}
