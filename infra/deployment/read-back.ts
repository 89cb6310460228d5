import { nextRun } from "../../scripts/contract/cron.ts";
import { formatBytes } from "../../scripts/contract/shown.ts";
import type { StatusReport } from "../../scripts/contract/status-report.ts";
import type { ServerPlan } from "../config/plan.ts";

/** What it costs to read copies back, for whoever pays for what is downloaded. */

const days = 30;
/** The newest copy of each database is read again weekly. */
const rereads = days / 7;
/** Archive, roles, manifest and marker, at five requests a file: counted on S3. */
const requestsPerBackup = 20;

const day = 86_400_000;
/** So many runs are enough to know the others by. */
const counted = 200;

/** How often a schedule runs in a month. */
export function runsAMonth(schedule: string, from: Date): number {
  const end = from.getTime() + days * day;
  for (let runs = 0, at = from; ; runs += 1) {
    const next = nextRun(schedule, at, "UTC");
    if (next === null || next.getTime() > end) return runs;
    if (runs === counted) return Math.round((counted * days * day) / (at.getTime() - from.getTime()));
    at = next;
  }
}

/**
 * One line a store that is read back: bytes and requests a month, and what that assumes. Without a backup of each
 * database the bytes are not known.
 */
export function readBackLines(
  { backups, copies, databases }: ServerPlan,
  status: StatusReport | null,
  now: Date,
): string[] {
  const read = copies.filter(({ verify }) => verify === "full");
  if (read.length === 0) return [];
  const newest = databases.map(
    ({ name }) => status?.databases.find((one) => one.name === name)?.backups.newest?.bytes,
  );
  const known = newest.filter((bytes) => bytes !== undefined);
  const each = runsAMonth(backups.schedule, now) + rereads;
  const bytes = known.reduce((sum, one) => sum + one, 0) * each;
  const requests = roundedUp(each * databases.length * requestsPerBackup);
  const size = known.length < databases.length ? "unknown before the first backup" : `${formatBytes(bytes)}`;
  return read.map(
    ({ name }) =>
      `reading back at ${name}, a month: ${size}, about ${requests} requests, if backups are as many and as large as now`,
  );
}

/** To two digits. */
function roundedUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}
