import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { messageOf, systemCode } from "../base/errors.ts";

const otherKinds: readonly [(status: Stats) => boolean, string][] = [
  [(status) => status.isDirectory(), "a directory"],
  [(status) => status.isFIFO(), "a named pipe"],
  [(status) => status.isSocket(), "a socket"],
  [() => true, "a device"],
];

/** @throws Error unless it is a regular file; null is no file at all */
export function requireFile(status: Stats | null): void {
  if (status === null || status.isFile()) return;
  const kind = otherKinds.find(([is]) => is(status))?.[1] ?? "something else";
  throw new Error(`it is ${kind}, not a file`);
}

// Opening a pipe without a reader would block, and a terminal would become the program's controlling terminal.
const never = constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens the log for appending and creates it if necessary (0600).
 * @throws Error if it is no regular file; a system error if it cannot be opened
 */
export function openToAppend(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Opening a device may have side effects.
  requireFile(statSync(path, { throwIfNoEntry: false }) ?? null);
  const fd = openedFile(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
  closeToOthers(fd);
  return fd;
}

/** Removes all permissions of others. cron's redirection may have created the file before, readable by all. */
export function closeToOthers(fd: number): void {
  try {
    if ((fstatSync(fd).mode & 0o077) !== 0) fchmodSync(fd, 0o600);
  } catch {
    // A file system without modes, or an append-only file: lines can still be written.
  }
}

/** Opens the log for reading; null where there is none. @throws as `openToAppend` */
export function openToRead(path: string): number | null {
  requireFile(statSync(path, { throwIfNoEntry: false }) ?? null);
  try {
    return openedFile(path, constants.O_RDONLY);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** @throws the error of `require` for the opened file; a system error if it cannot be opened */
export function openedFile(
  path: string,
  flags: number,
  require: (status: Stats) => void = requireFile,
): number {
  const fd = openSync(path, flags | never, 0o600);
  try {
    require(fstatSync(fd));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** A write that a full disk has truncated reports no error, so this one is used. */
export const fullDisk = new Error("its file system is full");

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it is a link to a place that is not there",
  ENOTDIR: "what should be its directory is a file",
  EEXIST: "what should be its directory is a file",
  EISDIR: "it is a directory, not a file",
  ELOOP: "it is a link that leads back to itself",
  ENXIO: "it is a named pipe, not a file",
  EPERM: "it may not be changed, see lsattr",
  EACCES: "permission is denied",
  EROFS: "its file system is read-only",
  ENOSPC: fullDisk.message,
  EDQUOT: "its quota is used up",
};

/** Why a log cannot be opened or written, in words; the system's message if there are no better words. */
export const logProblem = (error: unknown): string => reasons[systemCode(error) ?? ""] ?? messageOf(error);
