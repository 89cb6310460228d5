import type { Settings } from "../../contract/settings.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Report } from "./channel.ts";

/** How the rehearsal of one database ended, as an alert reports it. */
export interface RehearsalEnding {
  database: string;
  exitCode: ExitCode;
  /** One sentence each. */
  differences: readonly string[];
  /** Follows a result: the parts that were not tried. */
  untried: string;
  error: string | null;
}

const longestReason = 500;

/**
 * The report of a run of rehearsals. A database on which another run works is no failure while its newest successful
 * rehearsal is young enough. Null if that is so of all databases: then the other run reports. A rehearsal that was
 * skipped for lack of space has proved nothing.
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

/** The text of a report: the server, and a line per database. */
export function rehearsalReport({ server }: Settings, endings: readonly RehearsalEnding[]): Report {
  const lines = endings.map(({ database, differences, untried, error }) => {
    const found = [...differences, ...(error === null ? [] : [error])].join("; ");
    // An error of PostgreSQL may quote a row in its later lines.
    return `${database}: ${found === "" ? `equal${untried}` : (found.split("\n")[0] ?? "").slice(0, longestReason)}`;
  });
  return { title: `rehearsal on ${server}`, lines };
}
