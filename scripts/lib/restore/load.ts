import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { endOf, firstForeignStatus } from "../child.ts";
import { type Compression, decompressing, decompressor } from "../compression.ts";
import { dockerFailure, execArguments } from "../docker.ts";
import { messageOf } from "../errors.ts";
import { letGo } from "../passing-buffers.ts";
import { liftTimeouts } from "../psql.ts";
import { connectionString } from "../sql.ts";
import { confineDump } from "./confinement.ts";
import { RestoreError } from "./errors.ts";

export interface Load {
  archive: string;
  /** Of the archive as it was verified; what is sent must still be that. */
  sha256: string;
  compression: Compression;
  container: string;
  user: string;
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
  signal: AbortSignal;
  /** Called with the number of compressed bytes sent so far. */
  progress: (bytes: number) => void;
}

// The shell's pipeline would hide the status of the first: both statuses go to its output, and both must be there.
const decompressAndRun = (compression: Compression): string => `exec 3>&1
{ ${decompressing[compression]}; echo "${compression} $?" >&3; } | psql "$@" >/dev/null 3>&-
echo "psql $?"`;

/**
 * Settings of the role or the database must not stop the load; the swap's commit makes its unsynchronised ones durable.
 */
const sessionSettings =
  "-c synchronous_commit=off -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 " +
  "-c idle_in_transaction_session_timeout=0 -c client_min_messages=warning";

/**
 * What a database may have set for its application's sake and a load must not have, of those settings that not every
 * PostgreSQL knows or that only work once connected. Without `array_nulls` a dump's NULLs in arrays become texts.
 */
const liftForLoad = `SELECT pg_catalog.set_config(s.name, v.value, false)
  FROM (VALUES ('array_nulls', 'on'), ('temp_file_limit', '-1'), ('restrict_nonsystem_relation_kind', '')) AS v (name, value)
  JOIN pg_catalog.pg_settings AS s USING (name)`;

const messagesLimit = 16_384;

/**
 * Runs a dump in the database, stopping at its first error.
 * @throws RestoreError `load` with PostgreSQL's first messages; DockerError when the container is gone.
 */
export async function loadArchive(load: Load): Promise<void> {
  const psql = [
    ...["-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-o", "/dev/null"],
    ...["-U", load.user, "-d", connectionString(load.database)],
    ...["-c", liftTimeouts, "-c", liftForLoad, "-f", "-"],
  ];
  const compressed = load.way === "compressed";
  const argv = compressed
    ? ["sh", "-c", decompressAndRun(load.compression), "sh", ...psql]
    : ["psql", ...psql];
  const bothSucceeded = `${load.compression} 0\npsql 0\n`;
  const environment = { PGAPPNAME: load.applicationName, PGOPTIONS: sessionSettings };
  const child = spawn("docker", execArguments(load.container, argv, true, environment), {
    // As in runChild: the terminal's Ctrl-C must not end the load that puts a backup back.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    signal: load.signal,
    killSignal: "SIGKILL",
  });
  let output = "";
  let messages = "";
  child.stdout.on("data", (chunk: Buffer) => {
    if (compressed) output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    if (messages.length < messagesLimit) messages += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const [sent, status] = await Promise.allSettled([send(load, child.stdin), ended]);
  if (load.signal.aborted) throw load.signal.reason;
  if (status.status === "rejected") throw status.reason;
  const succeeded = status.value === 0 && (!compressed || output === bothSucceeded);
  if (succeeded && sent.status === "fulfilled") return;
  const failure = status.value === 0 ? null : dockerFailure(load.container, messages);
  if (failure !== null) throw failure;
  const said = [messages.trim(), output.replace(bothSucceeded, "").trim()].filter((text) => text !== "");
  if (said.length === 0) {
    if (status.value !== 0) said.push(endOf("docker exec", status.value ?? firstForeignStatus));
    if (sent.status === "rejected") said.push(messageOf(sent.reason));
  }
  throw new RestoreError("load", `${load.archive} could not be restored: ${said.join("; ")}`);
}

async function send(load: Load, input: NodeJS.WritableStream): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      load.progress(bytes);
      letGo(chunk.length);
      done(null, chunk);
    },
  });
  const archive = createReadStream(load.archive, { highWaterMark: 1 << 18 });
  if (load.way === "compressed") await pipeline(archive, watch, input, { signal: load.signal });
  else
    await pipeline(
      archive,
      watch,
      decompressor(load.compression),
      confineDump(load.way === "confined"),
      input,
      { signal: load.signal },
    );
  if (hash.digest("hex") !== load.sha256) throw new Error("the file changed while it was restored");
}
