import { readFileSync } from "node:fs";

/**
 * The identity of a process. It differs from that of every other process, also of a later one with the same pid, also
 * after a reboot.
 */
export interface ProcessIdentity {
  /** Null if it cannot be read, as the next property. */
  bootId: string | null;
  pid: number;
  /** In the kernel's clock ticks since boot. */
  processStart: string | null;
}

/** This boot's id; null where it cannot be read. */
export function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() || null;
  } catch {
    return null;
  }
}

/** Field 22 of /proc/PID/stat, or null when there is no such process; the name before it may contain anything. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

export const ownIdentity = (): ProcessIdentity => ({
  bootId: bootId(),
  pid: process.pid,
  processStart: processStart(process.pid),
});

/** Whether a process of this boot exists; false if unknown. */
export const isThere = ({
  pid,
  processStart: start,
}: Pick<ProcessIdentity, "pid" | "processStart">): boolean => start !== null && processStart(pid) === start;
