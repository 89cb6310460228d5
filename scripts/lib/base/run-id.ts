import { randomBytes } from "node:crypto";

/** A run's name: its UTC second and six random digits, `20261122T020000-4f2a1b`. */
export function newRunId(now: Date): string {
  const second = now.toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "");
  return `${second}-${randomBytes(3).toString("hex")}`;
}

/** The source of the expression that a run id, and nothing else, matches. */
export const runIdPattern = "\\d{8}T\\d{6}-[0-9a-f]{6}";

/** The application_name of a run's sessions in pg_stat_activity. */
export const applicationName = (runId: string): string => `database-backups/${runId}`;
