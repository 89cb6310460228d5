import type { LogEntry } from "../program/log.ts";

/** One run of a backup of one database, as the log tells it. */
export interface BackupRun {
  runId: string | null;
  time: Date;
  outcome: "succeeded" | "failed" | "unended";
  /** What was logged when it failed. */
  reason: string | null;
}

const events = [
  ["backup started", "unended"],
  ["backup finished", "succeeded"],
  ["backup failed", "failed"],
] as const;

/** The backup runs of a database in the log, oldest first. */
export function backupRuns(entries: readonly LogEntry[], database: string): BackupRun[] {
  const runs = new Map<string, BackupRun>();
  for (const [index, entry] of entries.entries()) {
    if (entry.database !== database) continue;
    const outcome = events.find(([beginning]) => entry.text.startsWith(beginning))?.[1];
    if (outcome === undefined) continue;
    const key = entry.runId ?? `line ${index}`;
    const run = runs.get(key) ?? { runId: entry.runId, time: entry.time, outcome, reason: null };
    const reason = outcome === "failed" ? entry.text : run.reason;
    runs.set(key, { ...run, outcome, reason });
  }
  return [...runs.values()];
}
