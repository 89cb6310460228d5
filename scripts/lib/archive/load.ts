import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Writable } from "node:stream";
import type { ServerFacts } from "../../contract/session-settings.ts";
import type { DatabaseSettings } from "../../contract/settings.ts";
import { messageOf } from "../base/errors.ts";
import { clientProgram } from "../postgres/client-program.ts";
import { connectionString } from "../postgres/sql.ts";
import { exitDescription, firstForeignStatus } from "../system/child.ts";
import { dockerFailure, execArguments } from "../system/docker.ts";
import { type ArchiveFormat, undoneInContainer } from "./format.ts";
import type { Layer } from "./layers/layer.ts";
import { type LoadError, loadErrors, readable } from "./load-errors.ts";
import { readArchive } from "./read.ts";
import { Confinement } from "./restrict-psql.ts";
import type { WithheldRefreshes } from "./withheld-refreshes.ts";

export interface Load {
  archive: string;
  /** The sha256 of the verified archive. The bytes sent must have the same. */
  sha256: string;
  format: ArchiveFormat;
  /** The container and the user. */
  server: DatabaseSettings;
  facts: ServerFacts;
  /** The empty database to fill. */
  database: string;
  applicationName: string;
  /**
   * How the archive is sent. `compressed`: as it is, decompressed beside psql, because Docker's stream is the
   * bottleneck. `confined`: decompressed here and sent under `\restrict`, for a file without a manifest, or one that
   * the container cannot decompress. `plain`: the same for a psql without `\restrict`.
   */
  way: "compressed" | "confined" | "plain";
  /** Removes statements from the text; not if it is sent `compressed`. */
  withheld?: WithheldRefreshes;
  signal: AbortSignal;
  /** Called with the number of compressed bytes sent so far. */
  progress: (bytes: number) => void;
}

// A shell pipeline would hide the status of the first command. So both statuses are printed, and both must be present.
const undoAndRun = ({ id, undo }: Layer): string => `exec 3>&1
{ ${undo}; echo "${id} $?" >&3; } | psql "$@" >/dev/null 3>&-
echo "psql $?"`;

/**
 * Commits during the load need not be durable: the swap's commit makes everything durable. Materialized views are
 * filled by one process, as the backup evaluated them: several processes would give another row order each time.
 */
const settings = {
  synchronous_commit: "off",
  client_min_messages: "warning",
  max_parallel_workers_per_gather: 0,
};

/**
 * Settings that a database may have, that a load must not have, and that not every PostgreSQL version knows. The
 * search_path is still the database's: if a part is loaded already, it may lead to operators of other users.
 */
export const liftForLoad = `SELECT pg_catalog.set_config(name, '', false)
  FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'restrict_nonsystem_relation_kind'`;

/** Bytes of an archive per read. */
const readBytes = 262_144;

/** The kept tail of psql's stderr. An error is at its end. */
const messagesLimit = 262_144;

/** Why a dump could not be loaded: PostgreSQL's error of a statement or, without one, the known reason. */
export class LoadFailure extends Error {
  override readonly name = "LoadFailure";
  readonly error: LoadError | null;
  constructor(error: LoadError | null, words: string) {
    super(words);
    this.error = error;
  }
}

/** A psql that runs a dump in the database, or a part of it. */
export interface LoadingPsql {
  stdin: Writable;
  /** Its exit status, and the output of psql and the commands beside it, once it has ended. @throws a system error */
  ended: Promise<{ status: number; output: string }>;
}

export type LoadPlace = Pick<Load, "applicationName" | "database" | "facts" | "server" | "signal">;

/**
 * Starts psql in the database.
 * @param stops whether it ends at the first error.
 * @param undoes the layer that the container undoes; null if psql gets text.
 * @param heard gets its stderr in pieces, each byte a character, because it is in the dump's encoding. See `readable`.
 */
export function startLoading(
  place: LoadPlace,
  stops: boolean,
  undoes: Layer | null,
  heard: (words: string) => void,
): LoadingPsql {
  const psql = [
    ...[
      "-X",
      "-q",
      "-w",
      "-v",
      `ON_ERROR_STOP=${stops ? 1 : 0}`,
      "-v",
      "VERBOSITY=verbose",
      "-o",
      "/dev/null",
    ],
    ...["-U", place.server.user, "-d", connectionString(place.database)],
    ...["-c", liftForLoad, "-f", "-"],
  ];
  const argv = undoes === null ? ["psql", ...psql] : ["sh", "-c", undoAndRun(undoes), "sh", ...psql];
  const { applicationName, facts, server } = place;
  const program = clientProgram(server, facts, { argv, applicationName, changes: settings });
  const child = spawn("docker", execArguments(server.container, program, true), {
    env: { ...process.env, ...program.secrets },
    // As in runChild: Ctrl-C must not end the load that puts a backup back.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    signal: place.signal,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (undoes !== null) output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => heard(chunk.toString("latin1")));
  const ended = new Promise<{ status: number; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? firstForeignStatus, output }));
  });
  return { stdin: child.stdin, ended };
}

/**
 * Runs a dump in the database, stopping at its first error.
 * @throws LoadFailure with PostgreSQL's first error; DockerError if the container is gone.
 */
export async function loadArchive(load: Load): Promise<void> {
  const undoes = load.way === "compressed" ? undoneInContainer(load.format) : null;
  let messages = "";
  const { ended, stdin } = startLoading(load, true, undoes, (words) => {
    messages = (messages + words).slice(-messagesLimit);
  });
  const [sent, status] = await Promise.allSettled([send(load, stdin), ended]);
  if (load.signal.aborted) throw load.signal.reason;
  if (status.status === "rejected") throw status.reason;
  const statuses = statusesOf(status.value, undoes);
  if (statuses.every(([, code]) => code === 0) && sent.status === "fulfilled") return;
  const failure = status.value.status === 0 ? null : dockerFailure(load.server.container, messages);
  if (failure !== null) throw failure;
  const errors = loadErrors(messages);
  const error = errors.find(({ sqlState }) => sqlState !== null) ?? errors[0] ?? null;
  if (error !== null) throw new LoadFailure(error, error.message);
  // psql first: its feeder ends because psql has ended.
  const [program, code] = statuses.find(([, each]) => each !== 0) ?? ["", 0];
  const words = [readable(messages).trim(), program === "" ? "" : exitDescription(program, code)];
  if (program === "" && sent.status === "rejected") words.push(messageOf(sent.reason));
  throw new LoadFailure(null, words.filter((text) => text !== "").join("; "));
}

/** The statuses of psql and of the decompressor beside it, if there is one. */
function statusesOf(
  { output, status }: { output: string; status: number },
  undoes: Layer | null,
): [string, number][] {
  if (undoes === null) return [["psql", status]];
  if (status !== 0) return [["docker exec", status]];
  const said = new Map(output.split("\n").map((line): [string, string] => [line.split(" ")[0] ?? "", line]));
  return ["psql", undoes.id].map((program) => {
    const code = /^\S+ (\d+)$/.exec(said.get(program) ?? "")?.[1];
    return [program, code === undefined ? firstForeignStatus : Number(code)];
  });
}

/** Gives psql its input. @throws an Error if the archive is not the verified one; a system error */
async function send(load: Load, stdin: Writable): Promise<void> {
  // The write reports the error too.
  stdin.on("error", () => {});
  const write = (piece: Buffer | string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (piece.length === 0) return resolve();
      stdin.write(piece, "latin1", (error) => (error ? reject(error) : resolve()));
    });
  try {
    if (load.way === "compressed") await sendBytes(load, write);
    else await sendText(load, write);
  } catch (error) {
    stdin.destroy();
    throw error;
  }
  stdin.end();
}

async function sendText(load: Load, write: (text: string) => Promise<void>): Promise<void> {
  const { withheld } = load;
  const confinement = new Confinement(load.way === "confined");
  const stays = (text: string): string => withheld?.take(text) ?? text;
  await readLoad(load, (text) => write(stays(confinement.take(text))));
  await write(stays(confinement.end()) + (withheld?.end() ?? ""));
}

/**
 * Each piece is read into the same buffer, because the piece before is written by then. New buffers would pile up in
 * memory.
 */
async function sendBytes(load: Load, write: (bytes: Buffer) => Promise<void>): Promise<void> {
  const watched = watch(load);
  const buffer = Buffer.allocUnsafeSlow(readBytes);
  const archive = await open(load.archive);
  try {
    for (;;) {
      load.signal.throwIfAborted();
      const { bytesRead } = await archive.read(buffer);
      if (bytesRead === 0) break;
      const piece = buffer.subarray(0, bytesRead);
      watched.see(piece);
      await write(piece);
    }
  } finally {
    await archive.close();
  }
  watched.requireSame();
}

/** Shows the progress in an archive's bytes; `requireSame` throws if they are not the verified bytes. */
function watch(load: Pick<Load, "progress" | "sha256">) {
  const hash = createHash("sha256");
  let count = 0;
  const see = (piece: Buffer): void => {
    hash.update(piece);
    count += piece.length;
    load.progress(count);
  };
  const requireSame = (): void => {
    if (hash.digest("hex") !== load.sha256)
      throw new Error("the file changed while it was restored; choose another backup [DBK-ARCHIVE-2]");
  };
  return { see, requireSame };
}

/**
 * Passes a dump's text, read as Latin-1, in pieces to `take`, which may wait.
 * @throws the errors of `take`; a system error; an Error if the archive is not the verified one
 */
export async function readLoad(load: Load, take: (text: string) => Promise<void>): Promise<void> {
  const watched = watch(load);
  await readArchive(load.archive, load.format, { see: watched.see, take, signal: load.signal });
  watched.requireSame();
}
