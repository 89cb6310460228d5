import type { Settings } from "../../contract/settings.ts";
import { type Backup, listBackups } from "../store/backups.ts";
import { dueRuns, isSince } from "./due-runs.ts";

/** The clocks of two machines, or a clock before and after it was set, may differ a little. */
const clockTolerance = 5 * 60_000;

/**
 * A database's newest verified backup, if it is of the last scheduled run that must be over by now or of a later one;
 * null otherwise, or if unknown.
 */
export function youngBackup(settings: Settings, name: string, now: Date): Backup | null {
  const { monitoring, paths, schedule } = settings;
  try {
    const { last } = dueRuns(schedule.backup, now, monitoring.backupAgeGraceHours);
    const isDated = (backup: Backup) => backup.takenAt.getTime() <= now.getTime() + clockTolerance;
    const newest = listBackups(paths.backups, name).find((backup) => backup.verified && isDated(backup));
    return newest !== undefined && last !== null && isSince(newest.takenAt, last) ? newest : null;
  } catch {
    return null;
  }
}
