import { setTimeout as sleep } from "node:timers/promises";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { clientProgram } from "../postgres/client-program.ts";
import type { Server } from "../postgres/server.ts";
import { connectionString } from "../postgres/sql.ts";
import { type ChildOptions, type ChildResult, firstForeignStatus } from "../system/child.ts";
import { requireRunning, runAlone } from "../system/docker.ts";
import type { Filter, Writing } from "./layers/writing.ts";

/** pg_dump or pg_dumpall failed; the message contains its output. */
export class DumpError extends ProgramError {
  override readonly name = "DumpError";
  constructor(program: string, container: string, detail: string) {
    super(`${program} in container ${container} failed: ${detail} [DBK-BACKUP-1]`, ExitCode.failed);
  }
}

export interface DumpOutput {
  /** The file that takes the dump. */
  output: number;
  /** The lock's descriptor: the dump holds it too, for as long as it writes. */
  lock: number;
}

/** The facts that are known only after a snapshot was taken. */
export interface DumpOrder {
  snapshot: string;
  /** The database's own encoding, whatever the container, the database or the role has set. */
  encoding: string;
  /** Whether a partition's rows are loaded through the partitioned table, which chooses their partition again. */
  viaPartitionRoot: boolean;
}

/** A prepared dump: it waits only for the order. */
export interface Dump {
  /** Waits until the dump is ready for the order. @throws as `done` does */
  ready: Promise<void>;
  begin(order: DumpOrder): void;
  /** @throws DumpError, DockerError, InterruptedError. The caller ends the server process then, see endBackends. */
  done: Promise<void>;
}

const noOrder = 89;
/** The code of the first filter. Each further filter's code is higher by two. */
const [filterMissing, filterFailed] = [90, 91];

/**
 * Printed when the container waits for the order. The dump is prepared because Docker needs longer to start a program
 * than pg_dump to get its locks.
 */
const readyMark = "ready to dump\n";

/** Reads the order from standard input: the snapshot, the encoding, and an option or none. */
const takeOrder = `printf '${readyMark.trim()}\\n' >&2
read -r snapshot PGCLIENTENCODING option || exit ${noOrder}
export PGCLIENTENCODING
exec </dev/null`;

const plainDump = `${takeOrder}
exec pg_dump "--snapshot=$snapshot" $option "$@"`;

/**
 * The last filter's output is the archive, so the statuses are passed another way. The last filter's status counts
 * first and pg_dump's last: each program also fails if its reader has ended.
 */
function filteredDump(filters: readonly Filter[]): string {
  const last = filters.length - 1;
  const looked = filters.map(
    ({ name }, at) => `command -v ${name} >/dev/null || exit ${filterMissing + 2 * at}\n`,
  );
  const filtering = filters.map(({ name, options }, at) => {
    const output = at === last ? " >&4" : "";
    return ` | { ${name} ${options}${output} 3>&- 4>&-; echo "f${at}=$?" >&3; }`;
  });
  const judged = filters.map(
    ({ name }, at) =>
      `[ "$f${at}" = 0 ] || { echo "${name} ended with status $f${at}" >&2; exit ${filterFailed + 2 * at}; }\n`,
  );
  return `${looked.join("")}${takeOrder}
exec 4>&1
eval "$({ { pg_dump "--snapshot=$snapshot" $option "$@" 3>&- 4>&-; echo "dump=$?" >&3; }${filtering.join("")}; } 3>&1)"
${judged.reverse().join("")}exit "\${dump:-1}"`;
}

/** The script in the container. It gets more options of pg_dump, and then the order on its input. */
export const dumpCommand = ({ compress, filters }: Writing): string[] => [
  "sh",
  "-c",
  filters.length > 0 ? filteredDump(filters) : plainDump,
  "sh",
  `--compress=${compress}`,
];

/**
 * Prepares a plain dump. On the order it writes the snapshot, compressed in the container, into `output`; the bytes do
 * not pass through here. It is prepared in advance to keep the time from snapshot to locks short: a table that is
 * dropped meanwhile would be missing.
 */
export function prepareDump(
  server: Server,
  { lockWaitSeconds, ...options }: DumpOutput & { writing: Writing; lockWaitSeconds: number },
): Dump {
  const { database } = server;
  const order = Promise.withResolvers<string>();
  const heard = Promise.withResolvers<void>();
  const argv = [
    ...dumpCommand(options.writing),
    "--no-password",
    `--lock-wait-timeout=${lockWaitSeconds * 1000}`,
    `--username=${database.user}`,
    `--dbname=${connectionString(database.database)}`,
  ];
  const done = run(server, "pg_dump", argv, {
    ...options,
    input: order.promise,
    overhear: (stderr) => {
      if (stderr.includes(readyMark)) heard.resolve();
    },
  });
  const ready = Promise.race([heard.promise, done]);
  // The caller may still be busy with something else when it fails.
  void Promise.allSettled([ready, done]);
  return {
    ready,
    begin: ({ snapshot, encoding, viaPartitionRoot }) =>
      order.resolve(`${snapshot} ${encoding} ${viaPartitionRoot ? "--load-via-partition-root" : ""}\n`),
    done,
  };
}

/** Writes the server's roles into `output`; their password hashes only if the user may read them. */
export async function dumpRoles(
  server: Server,
  { passwords, ...options }: DumpOutput & Pick<DumpOrder, "encoding"> & { passwords: boolean },
): Promise<void> {
  const { database } = server;
  const argv = [
    "pg_dumpall",
    "--no-password",
    "--roles-only",
    ...(passwords ? [] : ["--no-role-passwords"]),
    `--username=${database.user}`,
    `--database=${connectionString(database.database)}`,
  ];
  await run(server, "pg_dumpall", argv, options);
}

/** Docker notices a container's end a moment after the end of its programs. */
const looksAfterKill = 10;
/** Milliseconds. */
const lookPause = 200;

async function run(
  server: Server,
  program: string,
  argv: string[],
  {
    lock,
    encoding,
    writing,
    ...child
  }: DumpOutput &
    Partial<Pick<DumpOrder, "encoding"> & { writing: Writing }> &
    Pick<ChildOptions, "input" | "overhear">,
): Promise<void> {
  const { applicationName, database, signal } = server;
  const limits = signal === undefined ? {} : { signal };
  const facts = await server.facts();
  const result = await runAlone(
    database.container,
    clientProgram(database, facts, {
      applicationName,
      argv,
      ...(encoding === undefined ? {} : { encoding }),
    }),
    { ...child, ...limits, inherit: [lock] },
  );
  if (result.code === 0) return;
  const filterOf = (first: number) => writing?.filters[(result.code - first) / 2];
  const missing = filterOf(filterMissing);
  if (missing !== undefined) throw missing.lacking(database.container);
  // If the container was stopped meanwhile, that explains more.
  const looks = result.code >= firstForeignStatus ? looksAfterKill : 1;
  for (let look = 1; look <= looks; look += 1) {
    if (look > 1) await sleep(lookPause);
    await requireRunning(database.container, limits);
  }
  throw new DumpError(filterOf(filterFailed)?.name ?? program, database.container, detailOf(result));
}

/** The text from the first error on: warnings come before it, and the long failed command after it. */
function detailOf({ code, stderr }: ChildResult): string {
  const lines = stderr
    .replace(readyMark, "")
    .split("\n")
    .flatMap((line) => line.trim() || []);
  const first = lines.findIndex((line) => /error( \d+ )?:|fatal:/i.test(line));
  const words = first < 0 ? lines.slice(-3) : lines.slice(first, first + 3);
  return words.join("; ") || `exit status ${code}`;
}
