import type { Settings } from "../../contract/settings.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Report } from "./channel.ts";

/** How the rehearsal of one database ended, as an alert reports it. */
export interface RehearsalEnding {
  database: string;
  exitCode: ExitCode;
  /** One sentence each. */
  differences: readonly string[];
  /** Behind a result: what it does not say anything of. */
  untried: string;
  error: string | null;
}

const longestReason = 500;

/**
 * How a run ended for whoever watches over rehearsals. That another run is at work on a database is no failure while its
 * newest successful rehearsal is young enough; null where that is so of all databases: the other run reports by itself.
 * One that was skipped for want of space has proved nothing.
 */
export function rehearsalVerdict(
  endings: readonly Pick<RehearsalEnding, "database" | "exitCode">[],
  isProved: (database: string) => boolean,
): "success" | "fail" | null {
  const counted = endings.filter(
    ({ database, exitCode }) => exitCode !== ExitCode.locked || !isProved(database),
  );
  if (counted.length === 0) return null;
  return counted.every(({ exitCode }) => exitCode === ExitCode.success) ? "success" : "fail";
}

/** What a run reports to whoever watches over the backups: the server, and a line per database. */
export function rehearsalReport({ server }: Settings, endings: readonly RehearsalEnding[]): Report {
  const lines = endings.map(({ database, differences, untried, error }) => {
    const found = [...differences, ...(error === null ? [] : [error])].join("; ");
    // An error of PostgreSQL may quote a row in its later lines.
    return `${database}: ${found === "" ? `equal${untried}` : (found.split("\n")[0] ?? "").slice(0, longestReason)}`;
  });
  return { title: `rehearsal on ${server}`, lines };
}
