import * as z from "zod/mini";
import type { LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";

const Facts = z.object({
  directory: z.string(),
  /** The bytes by which it may still grow; null for no limit, if an archive or a standby may keep it. */
  room: z.nullable(z.int()),
});

/** The server's write-ahead log. */
export interface WriteAheadLog {
  room: number | null;
  /** Whether it is on the file system of the databases. */
  sameFileSystem: boolean;
}

/** It comes in files of 16 MiB: the one that is written, and the next. */
export const logFileBytes = 2 * 2 ** 24;

/**
 * The additional bytes that the log may take on the file system of the databases when this many bytes are written to
 * it.
 * @param log null if unknown.
 */
export const logRoom = (log: WriteAheadLog | null, written: number): number =>
  log?.sameFileSystem === false ? 0 : Math.min(written, log?.room ?? written) + logFileBytes;

/**
 * PostgreSQL exceeds max_wal_size while a checkpoint runs, by the log of a second checkpoint. Existing files are
 * reused.
 */
const factsQuery = `select json_build_object('directory', current_setting('data_directory'), 'room',
  case when current_setting('archive_mode') = 'off' and not exists (select from pg_replication_slots) then
    greatest(0, 2 * pg_size_bytes(current_setting('max_wal_size')) + coalesce(pg_size_bytes(current_setting('wal_keep_size', true)), 0)
      - (select coalesce(sum(size), 0) from pg_ls_waldir())) end)`;

/** Null if unknown: then space is required for all of it. @throws InterruptedError */
export async function readWriteAheadLog(
  run: RestoreRun,
  { maintenance }: LiveServer,
): Promise<WriteAheadLog | null> {
  const { server, signal } = run;
  try {
    const { directory, room } = await server.in(maintenance, signal).queryJson(Facts, factsQuery);
    const [data, log] = await diskFree(run, [directory, `${directory}/pg_wal`]);
    return { room, sameFileSystem: data?.at(0) === log?.at(0) && data?.at(-1) === log?.at(-1) };
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

/**
 * The output of df for paths in the container: for each the file system, its total, used and available kibibytes …, and
 * its mount point.
 * @throws Error if the output lacks them; DockerError, InterruptedError
 */
export async function diskFree(run: RestoreRun, paths: readonly string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await run.server.until(run.signal).exec(["df", "-P", "-k", ...paths]);
  const lines = stdout.trim().split("\n").slice(1);
  if (code !== 0 || lines.length !== paths.length) throw new Error(stderr.trim() || stdout.trim());
  return lines.map((line) => line.split(/\s+/));
}
