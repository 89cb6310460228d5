import type { BackupOutcome } from "./backup-run.ts";
import { ExitCode, worst } from "./exit-codes.ts";
import type { Settings } from "./settings.ts";
import { youngBackup } from "./young-backup.ts";

/** What a run of all databases reports to whoever watches over it; null for nothing. */
export type RunVerdict = "success" | "fail" | null;

/**
 * That another run works on a database is no failure while its newest backup is young enough. A run that did nothing
 * for that reason reports nothing: the other one does.
 */
export function verdictOf(
  settings: Settings,
  outcomes: readonly Pick<BackupOutcome, "database" | "exitCode">[],
  now: Date,
): RunVerdict {
  const isExcused = ({ database, exitCode }: Pick<BackupOutcome, "database" | "exitCode">): boolean =>
    exitCode === ExitCode.locked && youngBackup(settings, database, now) !== null;
  const counted = outcomes.filter((outcome) => !isExcused(outcome));
  if (counted.length === 0 && outcomes.length > 0) return null;
  return worst(counted.map(({ exitCode }) => exitCode)) === ExitCode.success ? "success" : "fail";
}
