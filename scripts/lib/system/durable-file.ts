import { closeSync, constants, existsSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file (0600). `path` then holds either nothing or the whole content, also after a power cut. */
export function writeDurably(path: string, temporary: string, content: string | Buffer): void {
  writeSynced(temporary, content);
  renameDurably(temporary, path);
}

/** As `writeDurably`, but replaces older content. */
export function replaceDurably(path: string, temporary: string, content: string | Buffer): void {
  writeSynced(temporary, content);
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Writes a file (0600) whose existence counts: a crash may leave it without its text. */
export function writeMark(path: string, text: string): void {
  writeSynced(path, text);
  syncDirectory(dirname(path));
}

function writeSynced(path: string, content: string | Buffer): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Renames within a directory, durably; an existing file is never overwritten. */
export function renameDurably(from: string, to: string): void {
  requireFree(to);
  renameSync(from, to);
  syncDirectory(dirname(to));
}

/** @throws Error if the name exists. */
export function requireFree(path: string): void {
  if (existsSync(path))
    throw new Error(`${path} exists already; it is not overwritten; run it again [DBK-STORE-1]`);
}

export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
