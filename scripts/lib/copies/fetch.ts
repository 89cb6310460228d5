import { existsSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setInterval } from "node:timers";
import { archiveNames, manifestName, rolesName } from "../../contract/backup-names.ts";
import { archiveEndings } from "../../contract/compressions.ts";
import type { CopiedFile, Marker } from "../../contract/copies.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { formatBytes } from "../base/format.ts";
import type { ProgramContext } from "../program/program.ts";
import { lockPath } from "../recovery/lock-path.ts";
import { listBackups } from "../store/backups.ts";
import { localDirectory } from "../store/local-directory.ts";
import { PartialFile, type PartialKind, partialPath, removePartials } from "../store/partial-files.ts";
import type { Store } from "../store/store.ts";
import { renameDurably } from "../system/durable-file.ts";
import { acquireLock, isRefusal, LockedError } from "../system/lock.ts";
import { requireMounted } from "../system/mounts.ts";
import { requireSpace } from "../system/space.ts";
import { serversAt } from "./owner.ts";
import { readMarker, type StoredCopy, storedCopies } from "./stored.ts";

/** The backup that a person wants from a store. */
export interface Wanted {
  /** The database's key; null for the one that the name has. */
  database: string | null;
  /** A stem or an archive's name; null for the newest. */
  name: string | null;
  /** Only one that was taken at or before this moment. */
  before: Date | null;
  /** That moment as it was written: as in a backup's name it means that backup. */
  written: string | null;
}

export interface FetchOrder {
  context: Pick<ProgramContext, "log" | "output" | "program" | "runId" | "settings" | "signal">;
  store: Store;
  place: StoreSettings;
  key: Buffer;
}

export interface Fetched {
  /** The archive in the directory of backups. */
  path: string;
  database: string;
  bytes: number;
  /** It was in the directory already, and is what the store has. */
  wasHere: boolean;
}

const notThere = (place: StoreSettings, detail: string): ProgramError =>
  new ProgramError(`store ${place.name} (${place.place}) has ${detail} [DBK-COPY-8]`, ExitCode.badFile);

/**
 * Brings a backup from a store into the directory of backups: its files are compared with the marker, and get their
 * names only when all of them are right, the archive last. The database's lock is held meanwhile, as by everything that
 * writes there.
 * @throws ProgramError, StoreError, SpaceError; then nothing has a final name.
 */
export async function fetchBackup(order: FetchOrder, wanted: Wanted): Promise<Fetched> {
  const { context, place } = order;
  const { log, program, runId, settings, signal } = context;
  const marker = await chosenMarker(order, wanted);
  const { backup: stem, database, files } = marker;
  const archive = files.find(({ name }) => isArchive(stem, name));
  if (archive === undefined) throw notThere(place, `no archive of ${stem}: its marker names none`);
  const directory = settings.paths.backups;
  requireMounted(directory);
  const path = join(directory, archive.name);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const local = listBackups(directory, database).find((one) => one.archivePath === path);
  const here = localDirectory(directory);
  if (local?.verified === true && (await here.readBack(archive.name, signal)) === archive.sha256)
    return { path, database, bytes, wasHere: true };
  const missing: CopiedFile[] = [];
  for (const file of files) {
    const isThere = existsSync(join(directory, file.name));
    // As after a fetch that was cut off.
    if (isThere && (await here.readBack(file.name, signal)) === file.sha256) continue;
    if (isThere)
      throw new ProgramError(
        `${join(directory, file.name)} is there and is not what ${place.name} has; it is not overwritten: move it away, then run it again [DBK-COPY-8]`,
        ExitCode.badFile,
      );
    missing.push(file);
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  requireSpace(directory, bytes + settings.monitoring.minimumFreeBytes);
  const lock = acquireLock(lockPath(settings, database), program, runId);
  if (isRefusal(lock)) throw new LockedError(database, lock);
  try {
    const partials: [from: string, to: string][] = [];
    for (const file of inOrder(stem, missing)) {
      const partial = partialPath(directory, database, runId, kindOf(stem, file.name));
      await fetchFile(order, file, partial);
      partials.push([partial, join(directory, file.name)]);
    }
    signal.throwIfAborted();
    for (const [from, to] of partials) renameDurably(from, to);
    log.event(
      "info",
      database,
      `${archive.name} fetched from ${place.name}: ${formatBytes(bytes)}, as its marker says`,
    );
    return { path, database, bytes, wasHere: false };
  } finally {
    removePartials(directory, database, runId);
    lock.pass();
  }
}

/** The newest copy that fits; one whose marker is not genuine is never taken in silence. */
async function chosenMarker({ context, key, place, store }: FetchOrder, wanted: Wanted): Promise<Marker> {
  const { settings, signal } = context;
  const { before, database, name, written } = wanted;
  const fits = (copy: StoredCopy) =>
    (database === null || copy.database === database) &&
    (name === null || name === copy.stem || isArchive(copy.stem, name)) &&
    (before === null || copy.began <= before);
  const entries = await store.list(signal);
  const sizes = new Map(entries.map((entry) => [entry.name, entry.bytes]));
  const servers = await serversAt(store, entries, settings, key, signal);
  for (const { stem } of storedCopies(entries).filter(fits)) {
    const read = await readMarker(store, stem, key, signal);
    if (read.kind === "foreign")
      throw new ProgramError(
        `${read.reason}: whoever wrote it at store ${place.name} could make a restore run his SQL; choose another backup by its name [DBK-COPY-6]`,
        ExitCode.badFile,
      );
    const { marker } = read;
    if (marker.stack !== settings.stack || !servers.has(marker.server))
      throw notThere(
        place,
        `a copy ${stem} of ${marker.server} of ${marker.stack}, which is not this server's`,
      );
    const wrongSize = marker.files.find((file) => sizes.get(file.name) !== file.bytes);
    if (wrongSize !== undefined)
      throw new ProgramError(
        `${wrongSize.name} at store ${place.name} is missing or has another size than its marker says; choose another backup [DBK-COPY-7]`,
        ExitCode.badFile,
      );
    // To the second, as the names of backups are.
    const isLater =
      before !== null &&
      !(written !== null && stem.endsWith(`_${written}`)) &&
      Math.floor(Date.parse(marker.takenAt) / 1000) > Math.floor(before.getTime() / 1000);
    if (!isLater && (name !== null || marker.class === "regular")) return marker;
  }
  const which = [database ?? "any database", ...(name === null ? [] : [`named ${name}`])].join(", ");
  throw notThere(
    place,
    `no copy of ${which}${before === null ? "" : ` from ${before.toISOString()} or before`}`,
  );
}

const isArchive = (stem: string, name: string): boolean => archiveNames(stem).includes(name);

function kindOf(stem: string, name: string): PartialKind {
  if (name === manifestName(stem)) return "json";
  if (name === rolesName(stem)) return "roles.sql";
  const ending = Object.values(archiveEndings).find((one) => name === `${stem}.${one}`);
  if (ending === undefined)
    throw new ProgramError(
      `the marker of ${stem} names ${name}, which is no file of a backup [DBK-COPY-6]`,
      ExitCode.badFile,
    );
  return ending;
}

/** The archive last: its appearance is the moment from which there is a backup. */
const inOrder = (stem: string, files: readonly CopiedFile[]): CopiedFile[] => [
  ...files.filter(({ name }) => !isArchive(stem, name)),
  ...files.filter(({ name }) => isArchive(stem, name)),
];

/** @throws ProgramError if what came is not what the marker says */
async function fetchFile(
  { context, place, store }: FetchOrder,
  file: CopiedFile,
  path: string,
): Promise<void> {
  const partial = new PartialFile(path);
  const descriptor = partial.create();
  // On stderr: a restore that fetches reads the result on stdout.
  const show = () =>
    process.stderr.write(
      `\r\u001b[K${file.name}: ${formatBytes(partial.bytes)} of ${formatBytes(file.bytes)}\r`,
    );
  const showing = process.stderr.isTTY === true ? setInterval(show, 500) : undefined;
  try {
    await store.read(file.name, descriptor, context.signal);
    partial.keep();
  } finally {
    clearInterval(showing);
    partial.close();
  }
  const found = await localDirectory(dirname(path)).readBack(basename(path), context.signal);
  if (found === file.sha256) return;
  throw new ProgramError(
    `${file.name} at store ${place.name} is damaged: its sha256 is not the marker's; choose another backup [DBK-COPY-7]`,
    ExitCode.badFile,
  );
}
