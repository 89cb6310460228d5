import type { LogEntry } from "../program/log.ts";
import type { Kind, LockHolders, SeenRun } from "./run-kinds.ts";

/** Runs from the log of the version before, which wrote no records. To be removed in the next version. */

const events = [
  ["started", "crashed"],
  ["finished", "succeeded"],
  ["failed", "failed"],
  ["skipped", "skipped"],
] as const;

/** The runs of a kind for a database, oldest first. */
export function loggedRuns(kind: Kind, entries: readonly LogEntry[], holders: LockHolders): SeenRun[] {
  const { lockedBy, rehearsals, settings } = holders;
  const living = kind === "rehearsal" ? rehearsals.living : lockedBy?.runId;
  const runs = new Map<string, SeenRun>();
  for (const [index, entry] of entries.entries()) {
    if (entry.database !== settings.name) continue;
    const outcome = events.find(([event]) => entry.text.startsWith(`${kind} ${event}`))?.[1];
    if (outcome === undefined) continue;
    const key = entry.runId ?? `line ${index}`;
    const run = runs.get(key) ?? { runId: entry.runId, began: entry.time, outcome, reason: null };
    const reason = outcome === "failed" || outcome === "skipped" ? entry.text : run.reason;
    runs.set(key, { ...run, outcome, reason });
  }
  return [...runs.values()].map((run) =>
    run.outcome === "crashed" && run.runId === living ? { ...run, outcome: "at-work" } : run,
  );
}
