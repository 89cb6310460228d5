import { closeSync, fstatSync, readSync } from "node:fs";
import { type LogEntry, parseLogLine } from "../program/log.ts";
import { logProblem, openToRead } from "../program/regular-file.ts";
import type { Observed, Unreadable } from "./observation.ts";

/** The size of the end of the log that is read: some thousand lines, however large the log is. */
const readBytes = 512 * 1024;

/** The last entries of the programs' log, the one that was rotated last before it included. */
export function observeLog(path: string): Observed<readonly LogEntry[] | null> | Unreadable {
  try {
    const texts = [`${path}.1`, path].map(tailOf);
    if (texts[1] === null && texts[0] === null) return { readable: true, value: null };
    const lines = texts.flatMap((text) => (text ?? "").split("\n"));
    return { readable: true, value: lines.flatMap((line) => parseLogLine(line) ?? []) };
  } catch (error) {
    return { readable: false, reason: logProblem(error) };
  }
}

function tailOf(path: string): string | null {
  const fd = openToRead(path);
  if (fd === null) return null;
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, readBytes));
    const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8", 0, length);
  } finally {
    closeSync(fd);
  }
}
