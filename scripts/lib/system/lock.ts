import { spawnSync } from "node:child_process";
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod/mini";
import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { isThere, processStart } from "./process.ts";

/** Who holds a database's lock. */
export const LockHolder = z.object({
  program: z.string(),
  runId: z.string(),
  pid: z.int(),
  /** When the process started, in the kernel's clock ticks since boot. A pid alone may have been reused. */
  processStart: z.string(),
  /** UTC ISO time. */
  since: z.string(),
  /** Earlier runs that held the lock, crashed, and have not been cleaned up. */
  abandoned: z.array(z.string()),
});
export type LockHolder = z.infer<typeof LockHolder>;

export interface Lock {
  /** Its descriptor: a child that inherits it keeps the lock for as long as it lives. */
  readonly fd: number;
  /** Runs that held this lock and crashed before they released it. */
  readonly abandoned: readonly string[];
  /** Records that the abandoned runs have been cleaned up. */
  recovered(): void;
  release(): void;
  /** Releases it without having cleaned up: the next holder still learns of the abandoned runs. */
  pass(): void;
}

/** Another process holds the lock; `holder` is null if it has not written its identity. */
export interface LockRefusal {
  heldBy: LockHolder | null;
  /** False if the holder's own process is gone: then a dump that outlived it holds the lock. */
  alive: boolean;
}

/** The lock is held. */
export class LockedError extends ProgramError {
  override readonly name = "LockedError";
  constructor(database: string, refusal: LockRefusal) {
    super(
      `${database} is locked by ${describeHolder(refusal)}; wait for it or end it [DBK-LOCK-1]`,
      ExitCode.locked,
    );
  }
}

/**
 * Takes the kernel's lock on a file without waiting. The lock ends with the last process that has the descriptor.
 * `isRefusal` distinguishes the two outcomes.
 */
export function acquireLock(path: string, program: string, runId: string): Lock | LockRefusal {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  // Node has no flock; the lock belongs to the open file, which the child shares.
  const flock = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "pipe", fd] });
  const previous = readHolder(path);
  if (flock.status !== 0) {
    closeSync(fd);
    if (flock.error !== undefined) throw flock.error;
    return { heldBy: previous, alive: previous === null || isThere(previous) };
  }
  const abandoned = previous === null ? [] : [...new Set([...previous.abandoned, previous.runId])];
  const holder = {
    program,
    runId,
    pid: process.pid,
    processStart: processStart(process.pid) ?? "",
    since: new Date().toISOString(),
  };
  const write = (text: string) => {
    ftruncateSync(fd, 0);
    writeSync(fd, text, 0);
  };
  write(JSON.stringify({ ...holder, abandoned }));
  return {
    fd,
    abandoned,
    recovered: () => write(JSON.stringify({ ...holder, abandoned: [] })),
    pass: () => {
      const [runId, ...earlier] = abandoned.toReversed();
      write(runId === undefined ? "" : JSON.stringify({ ...holder, runId, abandoned: earlier.toReversed() }));
      closeSync(fd);
    },
    release: () => {
      write("");
      closeSync(fd);
    },
  };
}

export const isRefusal = (outcome: Lock | LockRefusal): outcome is LockRefusal => "alive" in outcome;

/** The present holder of the lock, found without taking the lock; null if it is free. */
export function lockHolder(path: string): LockRefusal | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch {
    return null;
  }
  const flock = spawnSync("flock", ["-n", "-s", "3"], { stdio: ["ignore", "ignore", "pipe", fd] });
  closeSync(fd);
  if (flock.status === 0) return null;
  const heldBy = readHolder(path);
  return { heldBy, alive: heldBy === null || isThere(heldBy) };
}

/** A holder in words: program, run, process, since when. */
export function describeHolder({ heldBy, alive }: LockRefusal): string {
  if (heldBy === null) return "another process";
  const what = alive ? heldBy.program : `the dump that outlived ${heldBy.program}`;
  return `${what}, run ${heldBy.runId}, pid ${heldBy.pid}, since ${heldBy.since}`;
}

function readHolder(path: string): LockHolder | null {
  try {
    return z.parse(LockHolder, JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}
