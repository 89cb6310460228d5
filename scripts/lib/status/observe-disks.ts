import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Settings } from "../../contract/settings.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import type { FileSystemState, Observed, Unreadable } from "./observation.ts";

/** The kernel's numbers of file systems that live in memory: tmpfs and ramfs. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** The file systems of the backups and of the databases' data, each once. */
export function observeFileSystems(settings: Settings): Observed<readonly FileSystemState[]> | Unreadable {
  const places = [
    { path: existing(settings.paths.backups), database: null },
    ...settings.databases.flatMap(({ name, dataDirectory }) =>
      isThere(dataDirectory) ? [{ path: dataDirectory, database: name }] : [],
    ),
  ];
  try {
    const byDevice = Map.groupBy(places, ({ path }) => statSync(path).dev);
    return { readable: true, value: [...byDevice.values()].map(stateOf) };
  } catch (error) {
    return { readable: false, reason: messageOf(error) };
  }
}

function stateOf(places: readonly { path: string; database: string | null }[]): FileSystemState {
  const { bsize, blocks, bfree, bavail } = statfsSync(places[0]?.path ?? "/");
  const used = blocks - bfree;
  return {
    holdsBackups: places.some(({ database }) => database === null),
    holdsDataOf: places.flatMap(({ database }) => database ?? []),
    totalBytes: blocks * bsize,
    freeBytes: bavail * bsize,
    usedPercent: blocks === 0 ? 0 : (used / (used + bavail)) * 100,
  };
}

/** Whether a directory's file system is in memory; null if the directory is not visible. */
export function liesInMemory(path: string): boolean | null {
  return isThere(path) ? inMemory.has(statfsSync(path).type) : null;
}

function isThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== null) return false;
    throw error;
  }
}

/** The path itself or the nearest directory above it that exists. */
function existing(path: string): string {
  return isThere(path) || path === "/" ? path : existing(dirname(path));
}
