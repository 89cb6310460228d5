import type { ProgramName } from "../../contract/programs.ts";
import type { RunRecord } from "../../contract/run-record.ts";
import { type RecordedRun, runsIn } from "../history/runs.ts";
import type { LogEntry } from "../program/log.ts";
import { loggedRuns } from "./logged-runs.ts";
import type { ServerObservation } from "./observation.ts";
import { type Kind, kinds, type LockHolders, type SeenRun } from "./run-kinds.ts";

export type RunSources = Pick<ServerObservation, "history" | "log">;

/** A database's runs of a kind, oldest first. Refused runs are no failures and are left out. */
export function seenRuns(kind: Kind, sources: RunSources, holders: LockHolders): SeenRun[] {
  const { name } = holders.settings;
  const records = recordsIn(sources);
  const logged = loggedRuns(kind, entriesIn(sources), holders);
  const recorded = runsIn(records, (beginning) => isAtWork(beginning, sources, holders))
    .filter(({ database, program }) => database === name && program === kinds[kind])
    .flatMap((run) => seen(kind, run))
    .map((run) => withFailure(run, logged));
  // One run may work on several databases, and its result for this one may be only in the log.
  const known = new Set(records.flatMap(({ database, runId }) => (database === name ? [runId] : [])));
  const unrecorded = logged.filter(({ runId }) => runId === null || !known.has(runId));
  return merged(recorded, unrecorded, firstRecord(records));
}

const recordsIn = ({ history }: RunSources): readonly RunRecord[] =>
  history.readable ? history.value.records : [];
const entriesIn = ({ log }: RunSources): readonly LogEntry[] => (log.readable ? (log.value ?? []) : []);

/** A run without an end is judged by its process and its locks, which do not survive a reboot. */
function isAtWork(
  { bootId, runId }: RunRecord,
  { history }: RunSources,
  { lockedBy, rehearsals }: LockHolders,
): boolean {
  if (!history.readable || bootId !== history.value.bootId) return false;
  return history.value.living.has(runId) || lockedBy?.runId === runId || rehearsals.living === runId;
}

function seen(kind: Kind, { runId, began, outcome, error }: RecordedRun): SeenRun[] {
  if (outcome === "refused") return [];
  const known = ["succeeded", "skipped", "crashed", "at-work"] as const;
  const kindOfEnd = outcome === "partly" ? "succeeded" : (known.find((one) => one === outcome) ?? "failed");
  // As written in the log.
  const words = kindOfEnd === "failed" || kindOfEnd === "skipped" ? `${kind} ${kindOfEnd}: ` : "";
  return [{ runId, began, outcome: kindOfEnd, reason: error === null ? null : `${words}${error}` }];
}

/**
 * If the end of a run could not be recorded, the log may give the reason for its failure. Only a record proves success.
 */
function withFailure(run: SeenRun, logged: readonly SeenRun[]): SeenRun {
  if (run.outcome !== "crashed") return run;
  const failure = logged.find(({ outcome, runId }) => outcome === "failed" && runId === run.runId);
  return failure === undefined ? run : { ...run, outcome: "failed", reason: failure.reason };
}

/** From then on every successful run has a record. */
const firstRecord = (records: readonly RunRecord[]): number =>
  records.reduce((first, { began }) => Math.min(first, Date.parse(began)), Number.POSITIVE_INFINITY);

/**
 * The log of the version before, which wrote no records, is understood for one version. After that a success that is
 * only in the log does not count: its record could not be written.
 */
function merged(recorded: readonly SeenRun[], logged: readonly SeenRun[], since: number): SeenRun[] {
  const isBefore = ({ began }: SeenRun) => began.getTime() < since;
  const late = logged.filter((run) => !isBefore(run) && run.outcome !== "succeeded");
  let next = 0;
  const together = recorded.flatMap((run) => {
    const from = next;
    // Runs are in the order of their records, whatever the clock says.
    while ((late[next]?.began ?? run.began) < run.began) next += 1;
    return [...late.slice(from, next), run];
  });
  return [...logged.filter(isBefore), ...together, ...late.slice(next)];
}

/** When runs of a program began, whatever their result: for one database, or for any. */
export function beginnings(program: ProgramName, sources: RunSources, database?: string): Date[] {
  const isMeant = (of: { program: string; database: string | null }) =>
    of.program === program && (database === undefined || of.database === database);
  return [
    ...recordsIn(sources)
      .filter(isMeant)
      .map(({ began }) => new Date(began)),
    ...entriesIn(sources)
      .filter(isMeant)
      .map(({ time }) => time),
  ];
}
