import { setTimeout as sleep } from "node:timers/promises";
import { type ChildOptions, type ChildResult, firstForeignStatus } from "./child.ts";
import { dockerExec, requireRunning } from "./docker.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import { applicationName } from "./run-id.ts";
import type { DatabaseSettings } from "./settings.ts";
import { connectionString } from "./sql.ts";

/** pg_dump or pg_dumpall failed; the message holds its own words. */
export class DumpError extends ProgramError {
  override readonly name = "DumpError";
  constructor(program: string, container: string, detail: string) {
    super(`${program} in container ${container} failed: ${detail}`, ExitCode.failed);
  }
}

export interface DumpOptions {
  runId: string;
  /** The file that takes the dump. */
  output: number;
  /** The lock's descriptor: the dump holds it too, for as long as it writes. */
  lock: number;
  signal: AbortSignal;
}

/**
 * Writes a plain dump of the snapshot, compressed by pg_dump itself, into `output`: the bytes do not pass through here.
 * @throws DumpError, DockerError, InterruptedError. The caller ends the server process then, see endBackends.
 */
export async function dumpDatabase(
  database: DatabaseSettings,
  {
    snapshot,
    compressionLevel,
    lockWaitSeconds,
    ...options
  }: DumpOptions & {
    snapshot: string;
    compressionLevel: number;
    lockWaitSeconds: number;
  },
): Promise<void> {
  const argv = [
    "pg_dump",
    "--no-password",
    `--compress=${compressionLevel}`,
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${lockWaitSeconds * 1000}`,
    `--username=${database.user}`,
    `--dbname=${connectionString(database.database)}`,
  ];
  await run(database, argv, options);
}

/** Writes the server's roles into `output`; their password hashes only if the user may read them. */
export async function dumpRoles(
  database: DatabaseSettings,
  { passwords, ...options }: DumpOptions & { passwords: boolean },
): Promise<void> {
  const argv = [
    "pg_dumpall",
    "--no-password",
    "--roles-only",
    ...(passwords ? [] : ["--no-role-passwords"]),
    `--username=${database.user}`,
    `--database=${connectionString(database.database)}`,
  ];
  await run(database, argv, options);
}

/** Docker notes a container's end a moment after that of the programs in it. */
const looksAfterKill = 10;
/** Milliseconds. */
const lookPause = 200;

async function run(database: DatabaseSettings, argv: string[], options: DumpOptions): Promise<void> {
  const child: ChildOptions = { output: options.output, inherit: [options.lock], signal: options.signal };
  const environment = { PGAPPNAME: applicationName(options.runId) };
  const result = await dockerExec(database.container, argv, { ...child, environment });
  if (result.code === 0) return;
  // A container that was stopped meanwhile is the better explanation.
  const looks = result.code >= firstForeignStatus ? looksAfterKill : 1;
  for (let look = 1; look <= looks; look += 1) {
    if (look > 1) await sleep(lookPause);
    await requireRunning(database.container, { signal: options.signal });
  }
  throw new DumpError(argv[0] ?? "", database.container, detailOf(result));
}

/** From the first error on: warnings come before it, the command that failed at great length after it. */
function detailOf({ code, stderr }: ChildResult): string {
  const lines = stderr.split("\n").flatMap((line) => line.trim() || []);
  const first = lines.findIndex((line) => /error:|fatal:/i.test(line));
  const words = first < 0 ? lines.slice(-3) : lines.slice(first, first + 3);
  return words.join("; ") || `exit status ${code}`;
}
