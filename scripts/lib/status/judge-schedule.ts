import { cronExpressionProblem, nextRun, previousRun } from "../cron-schedule.ts";
import { formatTime } from "../format.ts";
import { isSince, startTolerance } from "./due-runs.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed, type ServerObservation } from "./observation.ts";
import type { Finding } from "./report.ts";

const minute = 60_000;
/** A run that is due is given this long to write its first line. */
const startGrace = 5 * minute;

/** Point 6: cron is alive, our table is the one that was deployed, and the last scheduled run took place. */
export function judgeSchedule(server: ServerObservation): Finding[] {
  const findings = [...judgeCron(server), ...judgeTable(server), ...judgeLastRun(server)];
  if (findings.some(({ level }) => level !== "note")) return findings;
  const next = nextRun(server.settings.schedule.backup, server.now);
  const upcoming = next === null ? "" : `; next backup ${formatTime(next)}`;
  return [ok(`cron runs and its table is as deployed${upcoming}`), ...findings];
}

function judgeCron({ cronRunning }: ServerObservation): Finding[] {
  const advice = "systemctl start cron";
  if (!cronRunning.seen) return [unknown(`whether cron runs is not known: ${cronRunning.reason}`, advice)];
  return cronRunning.value ? [] : [critical("cron is not running: nothing is backed up", advice)];
}

function judgeTable({ cronTable, settings }: ServerObservation): Finding[] {
  const path = settings.paths.cronTable;
  const advice = "put it back: pulumi up";
  if (!cronTable.seen) return [unknown(`${path} cannot be read: ${cronTable.reason}`, advice)];
  const table = cronTable.value;
  if (table === null) return [critical(`${path} is missing: nothing is backed up`, advice)];
  const findings: Finding[] = [];
  if (table.ignoredBecause !== null)
    findings.push(critical(`cron ignores ${path}: ${table.ignoredBecause}`, advice));
  if (table.sha256 !== settings.schedule.cronTableSha256) {
    findings.push(warning(`${path} was changed after it was deployed`, advice));
  }
  return findings;
}

function judgeLastRun(server: ServerObservation): Finding[] {
  const { schedule, paths } = server.settings;
  const problem = cronExpressionProblem(schedule.backup);
  if (problem !== null) return [unknown(`the schedule "${schedule.backup}": ${problem}`, "pulumi up")];
  const due = previousRun(schedule.backup, new Date(server.now.getTime() - startGrace));
  const installed = server.cronTable.seen ? server.cronTable.value?.modifiedAt : undefined;
  if (due === null || installed === undefined || due <= installed) return [];
  const down = server.bootedAt > due ? " (the server was started after that)" : "";
  return server.databases.flatMap((database) => {
    if (isNotYetDeployed(database)) return [];
    const { name } = database.settings;
    const times = runTimes(server, database).filter((time) => isSince(time, due));
    if (times.some((time) => time.getTime() <= due.getTime() + startTolerance + startGrace)) return [];
    const missed = `the backup of ${name} due ${formatTime(due)} did not take place${down}`;
    const later = times[0];
    if (later !== undefined) return [note(`${missed}; there was a run ${formatTime(later)}`)];
    return [warning(missed, `see journalctl -u cron and ${paths.log}; run ${paths.backupLauncher} ${name}`)];
  });
}

/** When backups of the database began or were taken, by the log and by the manifests. */
function runTimes({ log }: ServerObservation, { settings, backups }: DatabaseObservation): Date[] {
  const logged = (log.seen ? (log.value ?? []) : [])
    .filter(({ program, database }) => program === "backup_database" && database === settings.name)
    .map(({ time }) => time);
  const taken = backups.seen ? backups.value.map(({ takenAt }) => takenAt) : [];
  return [...logged, ...taken].sort((a, b) => a.getTime() - b.getTime());
}
