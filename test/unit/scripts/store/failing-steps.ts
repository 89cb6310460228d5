import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";

/**
 * Ends a process, or makes it fail, at one of its steps in the folder DIRECTORY: `node --import THIS PROGRAM`, with
 * FAIL_AT, the number of the step from 0 on, and FAIL_BY: `kill` (SIGKILL before the step), `error` (the step fails with
 * EIO) or `late error` (it is taken and then fails). STEPS names a file that takes a line a step: what is done to what.
 */

const { DIRECTORY = "", FAIL_AT, FAIL_BY, STEPS } = process.env;
const real = { ...fs };
const opened = new Map<number, string>();
let next = 0;

function take<T>(what: string, path: fs.PathLike | undefined, action: () => T): T {
  if (typeof path !== "string" || !`${path}/`.startsWith(`${DIRECTORY}/`)) return action();
  const step = next++;
  if (STEPS !== undefined)
    real.appendFileSync(STEPS, `${what} ${path === DIRECTORY ? "." : basename(path)}\n`);
  if (String(step) !== FAIL_AT) return action();
  if (FAIL_BY === "kill") process.kill(process.pid, "SIGKILL");
  if (FAIL_BY === "late error") action();
  throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
}

Object.assign(fs, {
  mkdirSync: (path: string, options?: fs.MakeDirectoryOptions) =>
    take("make", path, () => real.mkdirSync(path, options)),
  openSync: (path: string, flags: number, mode?: number) => {
    const open = () => {
      const fd = real.openSync(path, flags, mode);
      opened.set(fd, path);
      return fd;
    };
    // A directory is opened only to be synced, and the sync counts as the step.
    return flags & fs.constants.O_DIRECTORY ? open() : take("open", path, open);
  },
  writeSync: (fd: number, bytes: Buffer, from = 0) =>
    take("write", opened.get(fd), () => real.writeSync(fd, bytes, from)),
  fsyncSync: (fd: number) => take("sync", opened.get(fd), () => real.fsyncSync(fd)),
  linkSync: (from: string, to: string) => take("name", to, () => real.linkSync(from, to)),
  unlinkSync: (path: string) => take("remove", path, () => real.unlinkSync(path)),
  renameSync: (from: string, to: string) => take("name", to, () => real.renameSync(from, to)),
  rmSync: (path: string, options?: fs.RmOptions) => take("remove", path, () => real.rmSync(path, options)),
});
syncBuiltinESMExports();
