import type { Settings } from "../../contract/settings.ts";
import { previousRun } from "../time/cron-schedule.ts";
import type { CronTableState, Observed, Unreadable } from "./observation.ts";
import type { LockHolders } from "./run-kinds.ts";
import { type RunSources, seenRuns } from "./seen-runs.ts";

const minute = 60_000;
const hour = 60 * minute;

/** cron starts a job within its minute. A snapshot is never earlier. */
export const startTolerance = minute;

/** The scheduled run that must be over by now, given the grace, and the one before it; null for none. */
export function dueRuns(
  schedule: string,
  now: Date,
  graceHours: number,
): { last: Date | null; before: Date | null } {
  const last = previousRun(schedule, new Date(now.getTime() - graceHours * hour));
  const before = last === null ? null : previousRun(schedule, new Date(last.getTime() - minute));
  return { last, before };
}

/** Whether a run that began at `time` can be the run due at `due`, or a later one. */
export const isSince = (time: Date, due: Date): boolean => time.getTime() >= due.getTime() - startTolerance;

/**
 * Whether a database's backup was due since its schedule was deployed, or was tried. If that cannot be read, it counts
 * as due.
 */
export function firstBackupDue(
  { schedule, monitoring }: Settings,
  now: Date,
  cronTable: Observed<CronTableState | null> | Unreadable,
  sources: RunSources,
  holders: LockHolders,
): boolean {
  if (!sources.log.readable || !sources.history.readable) return true;
  if (seenRuns("backup", sources, holders).length > 0) return true;
  const { last } = dueRuns(schedule.backup, now, monitoring.backupAgeGraceHours);
  const installed = cronTable.readable ? cronTable.value?.modifiedAt : undefined;
  return installed === undefined || (last !== null && last >= installed);
}
