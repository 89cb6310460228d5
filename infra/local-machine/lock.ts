import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { say } from "./steps.ts";

/** Does `work` in one process at a time. The lock file names its holder; the lock of a dead holder is taken over. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let warned = false;
  while (!take(path)) {
    const holder = holderOf(path);
    if (holder !== null && !isAlive(holder)) {
      breakDead(path, holder);
      continue;
    }
    if (!warned) say(`Waiting for the set-up that process ${holder?.split(" ")[0] ?? "?"} is doing …`);
    warned = true;
    await setTimeout(500);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Creates the file with its content at once: an empty lock file has no holder that could be found dead. */
function take(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, identityOf(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Moves the file aside and reads it again, because another process may have taken it over since it was read. */
function breakDead(path: string, holder: string): void {
  const aside = `${path}.${process.pid}.broken`;
  try {
    renameSync(path, aside);
    if (holderOf(aside) !== holder) linkSync(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8") || null;
  } catch {
    return null;
  }
}

/** A process id with the start time of the process if that is readable, because ids are reused after a reboot. */
function identityOf(pid: number): string {
  try {
    const began = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
    return `${pid} ${began ?? ""}`.trim();
  } catch {
    return String(pid);
  }
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(" ")[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return identityOf(pid) === holder;
}
