import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { messageOf, systemCode } from "../errors.ts";
import type { CronTableState, Looked } from "./observation.ts";

const cronNames: ReadonlySet<string> = new Set(["cron", "crond"]);
const writableByOthers = 0o022;

/** Whether a cron daemon runs on this machine; one in a container, which the host sees too, does not count. */
export function observeCron(): Looked<boolean> {
  try {
    const own = readlinkSync("/proc/self/ns/pid");
    const isCron = (pid: string) =>
      cronNames.has(processName(pid)) && isAlive(pid) && processSpace(pid) === own;
    return { seen: true, value: readdirSync("/proc").some((name) => /^\d+$/.test(name) && isCron(name)) };
  } catch (error) {
    return { seen: false, reason: messageOf(error) };
  }
}

/** A process may end while it is looked at. */
function ifThere(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

const processName = (pid: string): string => ifThere(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
const processSpace = (pid: string): string => ifThere(() => readlinkSync(`/proc/${pid}/ns/pid`));
/** A zombie still has its name. */
const isAlive = (pid: string): boolean =>
  !/^State:\s+[ZX]/m.test(ifThere(() => readFileSync(`/proc/${pid}/status`, "utf8")));

/** The cron table as it is on the disk. */
export function observeCronTable(path: string): Looked<CronTableState | null> {
  try {
    const status = statSync(path);
    return {
      seen: true,
      value: {
        sha256: status.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "",
        modifiedAt: status.mtime,
        ignoredBecause: ignoredBecause(status),
      },
    };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { seen: true, value: null };
    return { seen: false, reason: messageOf(error) };
  }
}

function ignoredBecause(status: { isFile(): boolean; uid: number; mode: number }): string | null {
  if (!status.isFile()) return "it is not a regular file";
  if (status.uid !== 0) return `it belongs to user ${status.uid}, not to root`;
  return (status.mode & writableByOthers) === 0 ? null : "others than root may write it";
}
