import { ExitCode } from "../exit-codes.ts";
import type { Settings } from "../settings.ts";
import type { RehearsalOutcome } from "./rehearsal.ts";
import { untriedText } from "./report.ts";

const longestReason = 500;

/**
 * How a run ended for whoever watches over rehearsals; null where another run was at all its databases, which reports by
 * itself. One that was skipped for want of space has proved nothing.
 */
export function verdictOf(outcomes: readonly RehearsalOutcome[]): "success" | "fail" | null {
  const own = outcomes.filter(({ exitCode }) => exitCode !== ExitCode.locked);
  if (own.length === 0) return null;
  return own.every(({ exitCode }) => exitCode === ExitCode.success) ? "success" : "fail";
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
