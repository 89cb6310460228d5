import { ExitCode } from "../exit-codes.ts";
import type { Settings } from "../settings.ts";
import { isSuccess, readRehearsals } from "./record.ts";
import type { RehearsalOutcome } from "./rehearsal.ts";
import { untriedText } from "./report.ts";

const longestReason = 500;
/** Milliseconds by which a clock that was set may differ. */
const clockTolerance = 5 * 60_000;

/**
 * How a run ended for whoever watches over rehearsals. That another run is at work on a database is no failure while its
 * newest successful rehearsal is young enough; null where that is so of all databases: the other run reports by itself.
 * One that was skipped for want of space has proved nothing.
 */
export function verdictOf(
  settings: Settings,
  outcomes: readonly Pick<RehearsalOutcome, "database" | "exitCode">[],
  now: Date,
): "success" | "fail" | null {
  const counted = outcomes.filter(
    ({ database, exitCode }) => exitCode !== ExitCode.locked || !isProved(settings, database, now),
  );
  if (counted.length === 0) return null;
  return counted.every(({ exitCode }) => exitCode === ExitCode.success) ? "success" : "fail";
}

/** Whether a rehearsal of the database succeeded not too long ago; not where that cannot be told. */
function isProved({ paths, rehearsal }: Settings, database: string, now: Date): boolean {
  try {
    return readRehearsals(paths.backups, database).some((record) => {
      const age = now.getTime() - new Date(record.startedAt).getTime();
      return isSuccess(record) && age >= -clockTolerance && age <= rehearsal.maximumAgeHours * 3_600_000;
    });
  } catch {
    return false;
  }
}

/** What a run reports to whoever watches over the backups: the server, and a line per database. */
export function rehearsalReport({ server }: Settings, outcomes: readonly RehearsalOutcome[]): string {
  const lines = outcomes.map(({ database, record, error }) => {
    const found = [...(record?.differences ?? []), ...(error === null ? [] : [error])].join("; ");
    // An error of PostgreSQL may quote a row in its later lines.
    return `${database}: ${found === "" ? `equal${record === null ? "" : untriedText(record)}` : (found.split("\n")[0] ?? "").slice(0, longestReason)}`;
  });
  return [`rehearsal on ${server}`, ...lines, ""].join("\n");
}
