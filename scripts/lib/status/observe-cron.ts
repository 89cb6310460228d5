import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename } from "node:path";
import { cronDaemonFunction, cronRunsIn } from "../../contract/cron-daemon.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { cronExpressionProblem } from "../time/cron-schedule.ts";
import type { CronTableState, Observed, Unreadable } from "./observation.ts";
import { type LookOptions, lookByShell } from "./shell-look.ts";

const writableByOthers = 0o022;

/** Whether a cron daemon runs on this machine. */
export const observeCron = (options: LookOptions): Promise<Observed<boolean> | Unreadable> =>
  lookByShell(`${cronDaemonFunction}\ncron_daemon`, [], cronRunsIn, options);

/** The cron table as it is on the disk. */
export function observeCronTable(path: string): Observed<CronTableState | null> | Unreadable {
  try {
    const link = lstatSync(path).isSymbolicLink() ? { link: readlinkSync(path) } : {};
    const status = statSync(path);
    const bytes = status.isFile() ? readFileSync(path) : null;
    return {
      readable: true,
      value: {
        sha256: bytes === null ? "" : createHash("sha256").update(bytes).digest("hex"),
        modifiedAt: status.mtime,
        ignoredBecause: ignoredBecause(basename(path), status) ?? unreadableBecause(bytes?.toString() ?? ""),
        ...link,
      },
    };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { readable: true, value: null };
    return { readable: false, reason: messageOf(error) };
  }
}

interface TableStatus {
  isFile(): boolean;
  uid: number;
  mode: number;
  nlink: number;
}

/** Debian's cron reports this only in the system log. */
function ignoredBecause(name: string, status: TableStatus): string | null {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return "its name has other characters than letters, digits, - and _";
  if (!status.isFile()) return "it is not a regular file";
  if (status.uid !== 0) return `it belongs to user ${status.uid}, not to root`;
  if (status.nlink !== 1) return `it has ${status.nlink} names (hard links)`;
  return (status.mode & writableByOthers) === 0 ? null : "others than root may write it";
}

/** cron ignores a whole table because of one line that it cannot parse. */
export function unreadableBecause(text: string): string | null {
  if (!text.endsWith("\n")) return "its last line has no line end";
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line) || /^\s*["']?\w+["']?\s*=/.test(line)) continue;
    const [, schedule = "", user = "", command = ""] =
      /^\s*(@\w+|(?:\S+\s+){4}\S+)\s+(\S+)(?:\s+(.*))?$/.exec(line) ?? [];
    const problem = user === "" || command === "" ? "it is not an entry" : cronExpressionProblem(schedule);
    if (problem !== null) return `its line ${index + 1} cannot be read: ${problem}`;
  }
  return null;
}
