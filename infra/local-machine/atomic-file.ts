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
 * Puts a text in the place of a file's, so that whoever reads it, after whatever happened, finds the whole old or the whole
 * new one. The mode stays, and a link stays a link to the same file.
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

/** Returns when a file's content, or a directory's names, survive a power failure. */
export function syncToDisk(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
