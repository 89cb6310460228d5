import { setTimeout as sleep } from "node:timers/promises";
import { type ChildOptions, type ChildResult, firstForeignStatus } from "./child.ts";
import { clientProgram } from "./client-program.ts";
import type { Compression } from "./compression.ts";
import { requireRunning, runClient } from "./docker.ts";
import { ProgramError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import { applicationName } from "./run-id.ts";
import { serverFacts } from "./server-facts.ts";
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
  /** The database's own, whatever else the container, the database or the role has set. */
  encoding: string;
  signal: AbortSignal;
}

const zstdMissing = 90;
const zstdFailed = 91;

/**
 * The dump's output is the archive, so both statuses are taken another way. zstd's counts first: pg_dump fails too when
 * nobody reads what it writes. One thread, because the application needs the other processors, and the one that reads
 * too (`-T1` has another): at a high level it would read megabytes ahead, and go on for half a minute after the dump's
 * end.
 */
const dumpToZstd = `command -v zstd >/dev/null || exit ${zstdMissing}
level=$1
shift
exec 4>&1
statuses=$({ { pg_dump "$@" 3>&- 4>&-; echo $? >&3; } | zstd -q --single-thread "-$level" -c >&4 3>&- 4>&-; echo $? >&3; } 3>&1)
set -- $statuses
[ "$2" = 0 ] && exit "$1"
echo "zstd ended with status $2" >&2
exit ${zstdFailed}`;

/**
 * Writes a plain dump of the snapshot, compressed in the container, into `output`: the bytes do not pass through here.
 * gzip is pg_dump's own. Its own zstd is of PostgreSQL 16 and leaves out the checksum that shows damage, so the command
 * of that name does it.
 * @throws DumpError, DockerError, InterruptedError. The caller ends the server process then, see endBackends.
 */
export async function dumpDatabase(
  database: DatabaseSettings,
  {
    snapshot,
    compression,
    level,
    lockWaitSeconds,
    viaPartitionRoot,
    ...options
  }: DumpOptions & {
    snapshot: string;
    compression: Compression;
    level: number;
    lockWaitSeconds: number;
    /** Whether a partition's rows are given to the partitioned table, which looks for their partition again. */
    viaPartitionRoot: boolean;
  },
): Promise<void> {
  const argv = [
    ...(compression === "gzip"
      ? ["pg_dump", `--compress=${level}`]
      : ["sh", "-c", dumpToZstd, "sh", String(level), "--compress=0"]),
    "--no-password",
    `--snapshot=${snapshot}`,
    ...(viaPartitionRoot ? ["--load-via-partition-root"] : []),
    `--lock-wait-timeout=${lockWaitSeconds * 1000}`,
    `--username=${database.user}`,
    `--dbname=${connectionString(database.database)}`,
  ];
  await run(database, "pg_dump", argv, options);
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
  await run(database, "pg_dumpall", argv, options);
}

/** Docker notes a container's end a moment after that of the programs in it. */
const looksAfterKill = 10;
/** Milliseconds. */
const lookPause = 200;

async function run(
  database: DatabaseSettings,
  program: string,
  argv: string[],
  options: DumpOptions,
): Promise<void> {
  const child: ChildOptions = { output: options.output, inherit: [options.lock], signal: options.signal };
  const asking = { applicationName: applicationName(options.runId), signal: options.signal };
  const facts = await serverFacts(database, asking);
  const result = await runClient(
    database.container,
    clientProgram(database, facts, { ...asking, argv, encoding: options.encoding }),
    child,
  );
  if (result.code === 0) return;
  if (result.code === zstdMissing) {
    throw new ProgramError(
      `the container ${database.container} lacks the command zstd, which is to compress its backups; install it in the container's image, or set backups.compression to gzip`,
      ExitCode.unavailable,
    );
  }
  // A container that was stopped meanwhile is the better explanation.
  const looks = result.code >= firstForeignStatus ? looksAfterKill : 1;
  for (let look = 1; look <= looks; look += 1) {
    if (look > 1) await sleep(lookPause);
    await requireRunning(database.container, { signal: options.signal });
  }
  const failed = result.code === zstdFailed ? "zstd" : program;
  throw new DumpError(failed, database.container, detailOf(result));
}

/** From the first error on: warnings come before it, the command that failed at great length after it. */
function detailOf({ code, stderr }: ChildResult): string {
  const lines = stderr.split("\n").flatMap((line) => line.trim() || []);
  const first = lines.findIndex((line) => /error( \d+ )?:|fatal:/i.test(line));
  const words = first < 0 ? lines.slice(-3) : lines.slice(first, first + 3);
  return words.join("; ") || `exit status ${code}`;
}
