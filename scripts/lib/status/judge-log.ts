import type { Finding } from "../../contract/status-report.ts";
import { formatTime } from "../base/format.ts";
import type { LogEntry } from "../program/log.ts";
import { type BackupRun, backupRuns } from "./backup-runs.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isMissing, type ServerObservation } from "./observation.ts";

/** How many of a database's last runs count. */
const countedRuns = 20;
const day = 86_400_000;
/** How long another program's run that gave no result is worth mentioning. */
const rememberedFor = 7 * day;

/** A database's last runs, oldest first; the one that is running now is not among them. */
function lastRuns(entries: readonly LogEntry[], { settings, lockedBy }: DatabaseObservation): BackupRun[] {
  const isRunning = (run: BackupRun) => run.outcome === "unended" && run.runId === lockedBy?.runId;
  return backupRuns(entries, settings.name)
    .filter((run) => !isRunning(run))
    .slice(-countedRuns);
}

/** How many of the counted runs there were and how many succeeded. */
export function runCounts(server: ServerObservation): { counted: number; succeeded: number } {
  const entries = server.log.seen ? (server.log.value ?? []) : [];
  const runs = server.databases.flatMap((database) => lastRuns(entries, database));
  return { counted: runs.length, succeeded: runs.filter(({ outcome }) => outcome === "succeeded").length };
}

/** Point 8: what the log says of the last runs. */
export function judgeLog(server: ServerObservation): Finding[] {
  const { log, settings, databases } = server;
  const path = settings.paths.log;
  const unwritable = judgeWriting(server);
  if (!log.seen)
    return [
      unknown(`${path} cannot be read: ${log.reason}`, "look at its type and permissions"),
      ...unwritable,
    ];
  const entries = log.value ?? [];
  const ofRuns = databases.flatMap((database) => [
    ...judgeRuns(entries, database, path),
    ...judgeOthers(entries, database, server.now, path),
  ]);
  const problems = [...unwritable, ...ofRuns];
  const { counted, succeeded } = runCounts(server);
  if (counted === 0) {
    const hasBackups = databases.some(({ backups }) => backups.seen && backups.value.length > 0);
    const text = log.value === null ? `there is no ${path}` : `${path} tells of no backup`;
    return [hasBackups ? note(`${text}, although there are backups`) : note(text), ...problems];
  }
  const summary = `${succeeded} of the last ${counted} backup runs succeeded`;
  return [counted === succeeded ? ok(summary) : note(summary), ...problems];
}

/** The programs go on without a log, but nobody can read later what they did. */
function judgeWriting({ logProblem, settings }: ServerObservation): Finding[] {
  const path = settings.paths.log;
  if (logProblem === null) return [];
  const advice = `put a file there that can be written; see: ls -ld ${path}; lsattr ${path}; df ${path}`;
  return [warning(`nothing can be logged in ${path}: ${logProblem}`, advice)];
}

function judgeRuns(entries: readonly LogEntry[], database: DatabaseObservation, path: string): Finding[] {
  const runs = lastRuns(entries, database);
  const last = runs.at(-1);
  if (last === undefined || last.outcome === "succeeded") return [];
  const failures = runs.length - 1 - runs.findLastIndex(({ outcome }) => outcome === "succeeded");
  const reason = last.reason ?? "it began and never ended";
  const which = failures === 1 ? "the last backup run" : `the last ${failures} backup runs`;
  const text = `${which} of ${database.settings.name} failed, last ${formatTime(last.time)}: ${reason}`;
  // The points of the database itself say how bad that is.
  if (isMissing(database)) return [note(text)];
  const advice = `see: grep ${last.runId ?? "error"} ${path}`;
  return [failures === 1 ? warning(text, advice) : critical(text, advice)];
}

/** Programs besides the backup whose last run is told of when it gave no result. */
const others = ["restore", "rehearsal"] as const;
type Other = (typeof others)[number];

function judgeOthers(
  entries: readonly LogEntry[],
  database: DatabaseObservation,
  now: Date,
  path: string,
): Finding[] {
  return others.flatMap((what) => judgeLast(what, entries, database, now, path));
}

function judgeLast(
  what: Other,
  entries: readonly LogEntry[],
  database: DatabaseObservation,
  now: Date,
  path: string,
): Finding[] {
  const { name } = database.settings;
  const events = new RegExp(`^${what} (started|finished|failed|skipped)`);
  const last = entries.findLast((entry) => entry.database === name && events.test(entry.text));
  if (last === undefined || last.text.startsWith(`${what} finished`)) return [];
  const unended = last.text.startsWith(`${what} started`);
  if (unended && last.runId === runningOf(what, database)) return [];
  if (what === "rehearsal" && isRecorded(last, database)) return [];
  if (now.getTime() - last.time.getTime() > rememberedFor) return [];
  const reason = unended ? "it began and never ended" : last.text;
  const time = formatTime(last.time);
  const text = last.text.startsWith(`${what} skipped`)
    ? `the last ${what} of ${name} was skipped, ${time}: ${reason}`
    : `the last ${what} of ${name} failed, ${time}: ${reason}`;
  return [warning(text, `see: grep ${last.runId ?? "error"} ${path}`)];
}

const runningOf = (what: Other, { lockedBy, rehearsals }: DatabaseObservation): string | null | undefined =>
  what === "restore" ? lockedBy?.runId : rehearsals.living;

/** What a rehearsal showed is told with the backup (point 5). */
const isRecorded = ({ runId }: LogEntry, { rehearsals }: DatabaseObservation): boolean =>
  rehearsals.records.some((record) => record.runId === runId);
