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
  /** Of the archive as it was verified; what is sent must still be that. */
  sha256: string;
  format: ArchiveFormat;
  /** Where, and as whom. */
  server: DatabaseSettings;
  facts: ServerFacts;
  /** The empty database to fill. */
  database: string;
  applicationName: string;
  /**
   * How the archive travels. `compressed`: as it is, decompressed beside psql (Docker's stream is the narrow place).
   * `confined`: decompressed here and kept from using psql's own commands, for a file that no manifest vouches for, or
   * that the container cannot decompress.
   * `plain`: the same for a psql that cannot confine.
   */
  way: "compressed" | "confined" | "plain";
  /** Takes statements out of the text; not where it travels `compressed`. */
  withheld?: WithheldRefreshes;
  signal: AbortSignal;
  /** Called with the number of compressed bytes sent so far. */
  progress: (bytes: number) => void;
}

// The shell's pipeline would hide the status of the first: both statuses go to its output, and both must be there.
const undoAndRun = ({ id, undo }: Layer): string => `exec 3>&1
{ ${undo}; echo "${id} $?" >&3; } | psql "$@" >/dev/null 3>&-
echo "psql $?"`;

/**
 * The swap's commit makes what was not written at once durable. Materialized views are filled by one process, as the
 * backup evaluated them: several would give rows in another order each time.
 */
const settings = {
  synchronous_commit: "off",
  client_min_messages: "warning",
  max_parallel_workers_per_gather: 0,
};

/**
 * What a database may have set and a load must not have, of those settings that not every PostgreSQL knows. The
 * search_path is still the database's: where a part is loaded already, it may lead to operators of other people's.
 */
export const liftForLoad = `SELECT pg_catalog.set_config(name, '', false)
  FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) 'restrict_nonsystem_relation_kind'`;

/** Of an archive at a time. */
const readBytes = 262_144;

/** Of what psql says; an error is the last of it. */
const messagesLimit = 262_144;

/** Why a dump could not be loaded: what PostgreSQL said of a statement, or, where it said nothing, what is known. */
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
  /** Its exit status, what it and the commands beside it said, once it has ended. @throws a system error */
  ended: Promise<{ status: number; output: string }>;
}

export type LoadPlace = Pick<Load, "applicationName" | "database" | "facts" | "server" | "signal">;

/**
 * Starts psql in the database.
 * @param stops whether it ends at the first error.
 * @param undoes what its input is undone of in the container; null when it gets text.
 * @param heard is given what it says on standard error, piece by piece, each byte a character: it is in the dump's
 * encoding. See `readable`.
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
    // As in runChild: the terminal's Ctrl-C must not end the load that puts a backup back.
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
 * @throws LoadFailure with PostgreSQL's first error; DockerError when the container is gone.
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
  // psql first: who feeds it ends because of it.
  const [program, code] = statuses.find(([, each]) => each !== 0) ?? ["", 0];
  const words = [readable(messages).trim(), program === "" ? "" : exitDescription(program, code)];
  if (program === "" && sent.status === "rejected") words.push(messageOf(sent.reason));
  throw new LoadFailure(null, words.filter((text) => text !== "").join("; "));
}

/** The statuses of psql and, where there is one, of what decompresses beside it. */
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

/** Gives psql its input. @throws an Error where the archive is not the one that was verified; a system error */
async function send(load: Load, stdin: Writable): Promise<void> {
  // What is written tells of it too.
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

/** One piece is read into the place of the one before, which was written by then: new ones would pile up in memory. */
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

/** Shows how far an archive's bytes are; `requireSame` throws where they are not those that were verified. */
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
 * Gives a dump's text, read as Latin-1, piece by piece to `take`, which may wait.
 * @throws what `take` throws; a system error, an Error where the archive is not the one that was verified
 */
export async function readLoad(load: Load, take: (text: string) => Promise<void>): Promise<void> {
  const watched = watch(load);
  await readArchive(load.archive, load.format, { see: watched.see, take, signal: load.signal });
  watched.requireSame();
}
