import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  readSync,
  type Stats,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { systemCode } from "../base/errors.ts";
import { closeToOthers, fullDisk, openedFile, requireFile } from "../program/regular-file.ts";
import { syncDirectory } from "../system/durable-file.ts";

const newline = 10;

/**
 * @throws Error unless it is a regular file of ours. On a share that maps root to another user, ours is the owner of
 * the directory.
 */
function requireOurs(path: string, status: Stats | null): void {
  if (status === null) return;
  if (status.isSymbolicLink()) throw new Error("it is a link, not a file");
  requireFile(status);
  if (status.uid !== process.getuid?.() && status.uid !== statSync(dirname(path)).uid)
    throw new Error(`it belongs to user ${status.uid}`);
}

function opened(path: string, flags: number): number {
  const require = (status: Stats | null) => requireOurs(path, status);
  require(lstatSync(path, { throwIfNoEntry: false }) ?? null);
  return openedFile(path, flags | constants.O_NOFOLLOW, require);
}

/** @throws as `appendLine`; null where there is no file. */
export function openRecords(path: string): number | null {
  try {
    return opened(path, constants.O_RDONLY);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/**
 * Appends a line to a file (0600). Creates file and directory if necessary. When it returns, the line is on disk.
 * @throws Error if it is no regular file of ours or its file system is full; a system error if it cannot be opened or
 * written
 */
export function appendLine(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = opened(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
  try {
    closeToOthers(fd);
    const { size } = fstatSync(fd);
    // One write per line: lines of programs that run at the same time do not mix. A torn line ends where the next one
    // begins.
    const text = Buffer.from(size > 0 && lastByte(fd, size) !== newline ? `\n${line}` : line);
    if (writeSync(fd, text) < text.length) throw fullDisk;
    fsyncSync(fd);
    if (size === 0) syncDirectory(dirname(path));
  } finally {
    closeSync(fd);
  }
}

function lastByte(fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  return readSync(fd, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/** @throws as `appendLine`, as far as can be seen without writing. */
export function requireAppendable(path: string): void {
  const directory = dirname(path);
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return;
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere) closeSync(opened(path, constants.O_RDWR | constants.O_APPEND));
  else accessSync(directory, constants.W_OK);
  if (statfsSync(directory).bavail === 0) throw fullDisk;
}
