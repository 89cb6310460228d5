import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces the text of a file atomically: a reader finds the whole old text or the whole new one, even after a crash.
 * The mode is kept. A link still points to the same file.
 */
export function replaceFile(path: string, text: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const mode = existsSync(target) ? statSync(target).mode & 0o7777 : null;
  const temporary = `${target}.${process.pid}`;
  const fd = openSync(temporary, "wx", 0o644);
  try {
    if (mode !== null) fchmodSync(fd, mode);
    writeFileSync(fd, text);
    fsyncSync(fd);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncToDisk(dirname(target));
}

/** Returns when the content of a file, or the names in a directory, would survive a power failure. */
export function syncToDisk(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
