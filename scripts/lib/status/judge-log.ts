import { identified } from "../../contract/error-ids.ts";
import type { Finding } from "../../contract/status-report.ts";
import { formatTime, plural } from "../base/format.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isMissing, type ServerObservation } from "./observation.ts";
import type { Kind, SeenRun } from "./run-kinds.ts";
import { seenRuns } from "./seen-runs.ts";

/** How many of a database's last runs count. */
const countedRuns = 20;
const day = 86_400_000;
/** How long a failed run of another program is reported. */
const rememberedFor = 7 * day;

/** A database's last backup runs, oldest first, without the present one. */
const lastRuns = (server: ServerObservation, database: DatabaseObservation): SeenRun[] =>
  seenRuns("backup", server, database)
    .filter(({ outcome }) => outcome !== "at-work")
    .slice(-countedRuns);

/** The number of counted runs, and of successful ones. */
export function runCounts(server: ServerObservation): { counted: number; succeeded: number } {
  const runs = server.databases.flatMap((database) => lastRuns(server, database));
  return { counted: runs.length, succeeded: runs.filter(({ outcome }) => outcome === "succeeded").length };
}

/** Point 8: the last runs, by the run records and the log of the version before. */
export function judgeLog(server: ServerObservation): Finding[] {
  const { databases, history, log } = server;
  const looked = [
    ...judgeWriting(server),
    ...judgeReading(server),
    ...databases.flatMap((database) => [...judgeBackups(server, database), ...judgeOthers(server, database)]),
  ];
  const { counted, succeeded } = runCounts(server);
  if (counted > 0) {
    const summary = `${succeeded} of the last ${counted} backup runs succeeded`;
    return [counted === succeeded ? ok(summary) : note(summary), ...looked];
  }
  if (!history.readable || !log.readable) return looked;
  const hasBackups = databases.some(({ backups }) => backups.readable && backups.value.length > 0);
  return [note(`no backup run is recorded${hasBackups ? ", although there are backups" : ""}`), ...looked];
}

/** The programs run without records and log, but then their work cannot be traced. */
function judgeWriting({ logProblem, recordProblem, settings }: ServerObservation): Finding[] {
  const { backups, log } = settings.paths;
  const advice = (path: string) => `make it writable; see: ls -ld ${path}; lsattr ${path}; df ${path}`;
  return [
    ...(recordProblem === null
      ? []
      : [warning(`runs cannot be recorded: ${recordProblem} [DBK-RECORD-2]`, advice(`${backups}/.runs-*`))]),
    ...(logProblem === null
      ? []
      : [warning(`cannot write the log ${log}: ${logProblem} [DBK-RECORD-1]`, advice(log))]),
  ];
}

function judgeReading(server: ServerObservation): Finding[] {
  const { history, log, settings } = server;
  return [
    ...(history.readable
      ? []
      : [
          unknown(
            `the records of runs cannot be read: ${history.reason} [DBK-RECORD-3]`,
            "check its type, owner and mode, or move it away",
          ),
        ]),
    ...judgeUnreadable(server),
    ...(log.readable
      ? []
      : [
          unknown(
            `${settings.paths.log} cannot be read: ${log.reason} [DBK-RECORD-3]`,
            "check its type and mode",
          ),
        ]),
  ];
}

/** A torn line may hide a failure, until a later backup of each database has succeeded. */
function judgeUnreadable({ databases, history, settings }: ServerObservation): Finding[] {
  if (!history.readable) return [];
  const { records, unreadable } = history.value;
  const last = unreadable.at(-1);
  if (last === undefined) return [];
  const isOvertaken = ({ settings: { name } }: DatabaseObservation) =>
    records
      .slice(last.behind)
      .some(
        ({ database, outcome, program }) =>
          program === "backup_database" &&
          database === name &&
          (outcome === "succeeded" || outcome === "partly"),
      );
  const places = unreadable.map(({ where }) => where);
  const shown = `${places.slice(0, 3).join("; ")}${places.length > 3 ? "; …" : ""}`;
  const text = `${plural(places.length, "line")} among the records of runs cannot be read: ${shown}`;
  if (databases.every((database) => isMissing(database) || isOvertaken(database))) return [note(text)];
  return [
    unknown(
      `${text}; its content is unknown [DBK-RECORD-3]`,
      `back up each database: ${settings.paths.backupLauncher}`,
    ),
  ];
}

function judgeBackups(server: ServerObservation, database: DatabaseObservation): Finding[] {
  const { name } = database.settings;
  const runs = lastRuns(server, database);
  const last = runs.at(-1);
  if (last === undefined) return [];
  const time = formatTime(last.began);
  if (last.outcome === "succeeded") {
    return last.reason === null
      ? []
      : [note(`the last backup run of ${name}, ${time}, took its backup, and then: ${last.reason}`)];
  }
  const failures = runs.length - 1 - runs.findLastIndex(({ outcome }) => outcome === "succeeded");
  const which = failures === 1 ? "the last backup run" : `the last ${failures} backup runs`;
  const text = `${which} of ${name} failed, last ${time}: ${reasonOf(last)}`;
  // The points of the database itself decide how bad that is.
  if (isMissing(database)) return [note(text)];
  const advice = adviceFor(server, last);
  const reported = identified(text, "[DBK-STATUS-16]");
  return [failures === 1 ? warning(reported, advice) : critical(reported, advice)];
}

const reasonOf = ({ outcome, reason }: SeenRun): string =>
  outcome === "crashed" ? "it began and never ended" : (reason ?? "no reason is given");

const adviceFor = ({ settings }: ServerObservation, { runId }: SeenRun): string =>
  `see: grep ${runId ?? "error"} ${settings.paths.log}`;

/** Programs besides the backup whose last run is reported if it failed. */
const others = [
  ["restore", warning],
  ["rehearsal", warning],
  ["pruning", note],
  ["pinning", note],
] as const;

const judgeOthers = (server: ServerObservation, database: DatabaseObservation): Finding[] =>
  others.flatMap(([kind, level]) => judgeLast(kind, level, server, database));

function judgeLast(
  kind: Kind,
  level: (text: string, advice: string) => Finding,
  server: ServerObservation,
  database: DatabaseObservation,
): Finding[] {
  const last = seenRuns(kind, server, database).at(-1);
  if (last === undefined || last.outcome === "succeeded" || last.outcome === "at-work") return [];
  if (kind === "rehearsal" && isRecorded(last, database)) return [];
  if (server.now.getTime() - last.began.getTime() > rememberedFor) return [];
  const what = last.outcome === "skipped" ? "was skipped" : "failed";
  const text = `the last ${kind} of ${database.settings.name} ${what}, ${formatTime(last.began)}: ${reasonOf(last)}`;
  return [level(identified(text, "[DBK-STATUS-16]"), adviceFor(server, last))];
}

/** The result of a rehearsal is reported with the backup (point 5). */
const isRecorded = ({ runId }: SeenRun, { rehearsals }: DatabaseObservation): boolean =>
  rehearsals.records.some((record) => record.runId === runId);
