import { existsSync } from "node:fs";
import { messageOf } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import { freeBytes } from "../system/space.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";
import { diskFree, logFileBytes, logRoom, readWriteAheadLog, type WriteAheadLog } from "./write-ahead-log.ts";

/** Indexes and row headers make a database larger than its text. Used if the size is unknown. */
const growthOfText = 2;

/** The size of the restored database. */
export function restoredBytes(source: Pick<RestoreSource, "manifest" | "uncompressedBytes">): number {
  return source.manifest?.databaseBytes ?? source.uncompressedBytes * growthOfText;
}

/**
 * The space that a restore beside the live database needs on the data directory's file system: the new database, and
 * its text once more for the write-ahead log, which grows by whole files.
 */
export const neededSideBySide = (source: Pick<RestoreSource, "manifest" | "uncompressedBytes">): number =>
  restoredBytes(source) + source.uncompressedBytes + logFileBytes;

/**
 * Free space for databases. Leftovers of crashed restores count as free, because they are removed first.
 * @returns null, with a warning, if it is unknown.
 */
export async function freeForDatabases(run: RestoreRun, server: LiveServer): Promise<number | null> {
  const { dataDirectory } = run.database;
  const room = existsSync(dataDirectory) ? freeBytes(dataDirectory) : await freeInContainer(run, server);
  const leftovers = server.made
    .filter(({ kind }) => kind === "restoring")
    .reduce((sum, { bytes }) => sum + bytes, 0);
  return room === null ? null : room + leftovers;
}

/**
 * Refuses a restore that lacks space.
 * @param purpose the use of the space, in words.
 * @param otherwise the alternative to freeing space, in words.
 * @throws RestoreError `no-space`
 */
export async function requireRoom(
  run: RestoreRun,
  server: LiveServer,
  needed: number,
  purpose: string,
  otherwise = "",
): Promise<void> {
  const free = await freeForDatabases(run, server);
  if (free === null || free >= needed) return;
  const kept = server.made.filter(({ kind }) => kind === "previous");
  const advice = kept.length === 0 ? "" : `, drop ${kept.map(({ name }) => name).join(" or ")}`;
  throw new RestoreError(
    "no-space",
    `not enough space in ${run.database.dataDirectory} for ${purpose}: ${formatBytes(free)} free, ${formatBytes(needed)} needed; free space${advice}${otherwise} [DBK-SPACE-2]`,
  );
}

/** @throws RestoreError `no-space` if there is no space for a second database. */
export const requireSpaceSideBySide = (
  run: RestoreRun,
  source: RestoreSource,
  server: LiveServer,
  otherwise: string,
): Promise<void> =>
  requireRoom(run, server, neededSideBySide(source), "a second database beside the live one", otherwise);

/**
 * Once the live database is dropped, its space is free for the file, or for the pre-restore backup.
 * @returns the additional bytes that it needs.
 * @throws RestoreError `no-space` if the restored database would not fit then.
 */
export async function requireSpaceInPlace(
  run: RestoreRun,
  source: RestoreSource,
  server: LiveServer,
): Promise<number> {
  const needed = neededInPlace(source, server, await readWriteAheadLog(run, server));
  const purpose = "a restore in place and its write-ahead log";
  await requireRoom(run, server, needed, purpose);
  return needed;
}

/**
 * The space that a restore in place needs beyond that of the live database. The file must fit and, if it cannot be
 * loaded, the pre-restore backup. A load writes about as much log as data.
 */
export function neededInPlace(
  source: Pick<RestoreSource, "manifest" | "uncompressedBytes">,
  { liveBytes }: Pick<LiveServer, "liveBytes">,
  log: WriteAheadLog | null,
): number {
  const live = liveBytes ?? 0;
  const restored = restoredBytes(source);
  const loaded = restored + logRoom(log, Math.max(restored, source.uncompressedBytes));
  return Math.max(0, loaded - live, logRoom(log, live));
}

/** For restores that replace the live database. */
export const orInPlace = ", or restore with --in-place, during which the application has no database";

/**
 * If the data lies in a volume, only the container sees its file system; null, with a warning, if it cannot report it.
 */
async function freeInContainer(run: RestoreRun, { maintenance }: LiveServer): Promise<number | null> {
  const { database, log, signal } = run;
  try {
    const directory = await run.server.in(maintenance, signal).query("show data_directory");
    const [line] = await diskFree(run, [directory]);
    const available = Number(line?.[3]);
    if (!Number.isSafeInteger(available)) throw new Error(line?.join(" "));
    return available * 1024;
  } catch (error) {
    signal.throwIfAborted();
    const what = `${database.dataDirectory} is not on this server: the free space is not checked`;
    log.event("warning", database.name, `${what} (${messageOf(error)}) [DBK-SPACE-3]`);
    return null;
  }
}
