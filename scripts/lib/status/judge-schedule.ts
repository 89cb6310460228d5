import type { Finding } from "../../contract/status-report.ts";
import { judgeSurroundings } from "../../contract/surroundings.ts";
import { formatTime } from "../base/format.ts";
import { cronExpressionProblem, nextRun, previousRun } from "../time/cron-schedule.ts";
import { isSince, startTolerance } from "./due-runs.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed, type ServerObservation } from "./observation.ts";
import { beginnings } from "./seen-runs.ts";

/** The id of all problems that keep cron from running the backups as deployed. */
const withId = (text: string): string => `${text} [DBK-STATUS-13]`;

const minute = 60_000;
/** A due run may take this long to write its first line. */
const startGrace = 5 * minute;

/** Point 6: cron is alive, our table is the one that was deployed, and the last scheduled run took place. */
export function judgeSchedule(server: ServerObservation): Finding[] {
  const findings = [
    ...judgeCron(server),
    ...judgeTable(server),
    ...judgeAround(server),
    ...judgeLastRun(server),
    ...judgeLastRehearsal(server),
  ];
  if (findings.some(({ level }) => level !== "note")) return findings;
  const { backup, rehearsal } = server.settings.schedule;
  const upcoming = [
    nextText("backup", nextRun(backup, server.now)),
    nextText("rehearsal", rehearsal === null ? null : nextRun(rehearsal, server.now)),
  ];
  return [ok(`cron runs and its table is as deployed${upcoming.join("")}`), ...findings];
}

const nextText = (what: string, time: Date | null): string =>
  time === null ? "" : `; next ${what} ${formatTime(time)}`;

function judgeCron({ cronRunning }: ServerObservation): Finding[] {
  const advice = "systemctl start cron";
  if (!cronRunning.readable)
    return [unknown(withId(`it is unknown whether cron runs: ${cronRunning.reason}`), advice)];
  return cronRunning.value ? [] : [critical(withId("cron is not running: nothing is backed up"), advice)];
}

function judgeTable({ cronTable, settings }: ServerObservation): Finding[] {
  const path = settings.paths.cronTable;
  const advice = "put it back: pulumi up";
  if (!cronTable.readable) return [unknown(withId(`${path} cannot be read: ${cronTable.reason}`), advice)];
  const table = cronTable.value;
  if (table === null) return [critical(withId(`${path} is missing: nothing is backed up`), advice)];
  const findings: Finding[] = [];
  if (table.link !== undefined)
    findings.push(
      warning(withId(`${path} is a symbolic link to ${table.link}, not the table itself`), advice),
    );
  if (table.ignoredBecause !== null)
    findings.push(critical(withId(`cron ignores ${path}: ${table.ignoredBecause}`), advice));
  if (table.sha256 !== settings.schedule.cronTableSha256) {
    findings.push(warning(withId(`${path} was changed after it was deployed`), advice));
  }
  return findings;
}

/** Foreign jobs that run the backups, and users who could replace the programs. */
function judgeAround({ surroundings, settings }: ServerObservation): Finding[] {
  if (surroundings === undefined) return [];
  if (!surroundings.readable) {
    const { reason } = surroundings;
    return [unknown(withId(`could not look for other schedules: ${reason}`), "see crontab -l")];
  }
  const { problems, notes } = judgeSurroundings(surroundings.value, settings.paths.log);
  return [
    ...problems.map(({ text, next }) => warning(withId(text), next)),
    ...notes.map(({ text, next }) => note(text, next)),
  ];
}

/** The run of a schedule that must have begun by now, or the problem of the schedule; null for none. */
function lastDue(expression: string, { now, cronTable }: ServerObservation): Date | Finding | null {
  const problem = cronExpressionProblem(expression);
  if (problem !== null) return unknown(withId(`the schedule "${expression}": ${problem}`), "pulumi up");
  const due = previousRun(expression, new Date(now.getTime() - startGrace));
  const installed = cronTable.readable ? cronTable.value?.modifiedAt : undefined;
  return due === null || installed === undefined || due <= installed ? null : due;
}

const whileDown = ({ bootedAt }: ServerObservation, due: Date): string =>
  bootedAt > due ? " (the server was started after that)" : "";

function judgeLastRun(server: ServerObservation): Finding[] {
  const { schedule, paths } = server.settings;
  const due = lastDue(schedule.backup, server);
  if (!(due instanceof Date)) return due === null ? [] : [due];
  const down = whileDown(server, due);
  return server.databases.flatMap((database) => {
    if (isNotYetDeployed(database)) return [];
    const { name } = database.settings;
    const times = runTimes(server, database).filter((time) => isSince(time, due));
    if (times.some((time) => time.getTime() <= due.getTime() + startTolerance + startGrace)) return [];
    const missed = `the backup of ${name} due ${formatTime(due)} did not take place${down}`;
    const later = times[0];
    if (later !== undefined) return [note(`${missed}; there was a run ${formatTime(later)}`)];
    const advice = `see journalctl -u cron and ${paths.log}; run ${paths.backupLauncher} ${name}`;
    return [warning(`${missed} [DBK-STATUS-14]`, advice)];
  });
}

/** Databases are rehearsed one after the other, which may take hours. So a sign of any of them proves the run. */
function judgeLastRehearsal(server: ServerObservation): Finding[] {
  const { schedule, paths } = server.settings;
  if (schedule.rehearsal === null || server.databases.every(isNotYetDeployed)) return [];
  const due = lastDue(schedule.rehearsal, server);
  if (!(due instanceof Date)) return due === null ? [] : [due];
  const begun = beginnings("rehearse_restore", server);
  const recorded = server.databases.flatMap(({ rehearsals }) =>
    rehearsals.records.map(({ startedAt }) => new Date(startedAt)),
  );
  if ([...begun, ...recorded].some((time) => isSince(time, due))) return [];
  const missed = `the rehearsal due ${formatTime(due)} did not take place${whileDown(server, due)}`;
  const advice = `see journalctl -u cron and ${paths.log}; run ${paths.rehearseLauncher}`;
  return [warning(`${missed} [DBK-STATUS-14]`, advice)];
}

/** When backups of the database began or were taken, by the records, the log and the manifests. */
function runTimes(server: ServerObservation, { settings, backups }: DatabaseObservation): Date[] {
  const begun = beginnings("backup_database", server, settings.name);
  const taken = backups.readable ? backups.value.map(({ takenAt }) => takenAt) : [];
  return [...begun, ...taken].sort((a, b) => a.getTime() - b.getTime());
}
