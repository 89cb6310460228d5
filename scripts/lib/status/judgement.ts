import { basename } from "node:path";
import type { DatabaseReport, Finding, StatusReport } from "../../contract/status-report.ts";
import { nextRun, previousRun } from "../time/cron-schedule.ts";
import { judgeActivity, performanceOf } from "./judge-activity.ts";
import { judgeBackup } from "./judge-backup.ts";
import { judgeContainer } from "./judge-container.ts";
import { judgeStores } from "./judge-copies.ts";
import { disksOf, judgeDisk } from "./judge-disk.ts";
import { judgeLog, runCounts } from "./judge-log.ts";
import { judgePersistence } from "./judge-persistence.ts";
import { judgeConnections, judgeDatabase } from "./judge-postgres.ts";
import { judgeRehearsals, judgeTrialContainers, rehearsalsOf } from "./judge-rehearsal.ts";
import { judgeSchedule } from "./judge-schedule.ts";
import { exitCodes, isProblem, point, verdictOf } from "./levels.ts";
import type { DatabaseObservation, ServerObservation } from "./observation.ts";

/** Makes the whole report from the observations alone. */
export function judgeServer(server: ServerObservation): StatusReport {
  const { settings, now } = server;
  const points = {
    schedule: point(6, judgeSchedule(server)),
    disk: point(7, judgeDisk(server)),
    log: point(8, judgeLog(server)),
  };
  const databases = server.databases.map((database) => judgeDatabaseWhole(database, server));
  const stores = judgeStores(server);
  const findings = problemsOf({ databases, points, stores });
  const verdict = verdictOf(findings.map(({ level }) => level));
  return {
    version: 1,
    verdict,
    exitCode: exitCodes[verdict],
    summary: summaryOf(verdict, findings, databases.length),
    server: settings.server,
    stack: settings.stack,
    programsVersion: settings.programsVersion,
    checkedAt: now.toISOString(),
    points,
    schedule: scheduleOf(server, points.schedule.level === "unknown"),
    disks: disksOf(server),
    ...(stores.length === 0 ? {} : { stores }),
    runs: runCounts(server),
    databases,
  };
}

/** All problems. Those of a database begin with its name. */
export function problemsOf({
  databases,
  points,
  stores = [],
}: Pick<StatusReport, "databases" | "points" | "stores">): Finding[] {
  const ofDatabases = databases.flatMap(({ name, points, activity }) =>
    [...Object.values(points).flatMap(({ findings }) => findings), ...activity].map((finding) => ({
      ...finding,
      text: `${name}: ${finding.text}`,
    })),
  );
  const others = [...Object.values(points), ...stores.map(({ point: own }) => own)];
  return [...ofDatabases, ...others.flatMap(({ findings }) => findings)].filter(isProblem);
}

function judgeDatabaseWhole(database: DatabaseObservation, server: ServerObservation): DatabaseReport {
  const { settings, now } = server;
  const points = {
    container: point(1, judgeContainer(database, now)),
    connections: point(2, judgeConnections(database, settings)),
    database: point(3, judgeDatabase(database, settings)),
    persistence: point(4, judgePersistence(database)),
    backup: point(5, [
      ...judgeBackup(database, settings, now),
      ...judgeRehearsals(database, settings, now, server.cronTable),
    ]),
  };
  const activity = [...judgeActivity(database, settings, now), ...judgeTrialContainers(database)];
  const backups = database.backups.readable ? database.backups.value : [];
  const [newest] = backups;
  return {
    name: database.settings.name,
    container: database.settings.container,
    database: database.settings.database,
    verdict: verdictOf([...Object.values(points), ...activity].map(({ level }) => level)),
    points,
    activity,
    performance: database.postgres.answers ? performanceOf(database.postgres.figures, database) : null,
    backups: {
      count: backups.length,
      pinned: backups.filter(({ pinned }) => pinned).length,
      shrunk: backups.filter(({ shrunk }) => shrunk).length,
      newest:
        newest === undefined
          ? null
          : {
              file: basename(newest.archivePath),
              takenAt: newest.takenAt.toISOString(),
              bytes: newest.bytes,
              verified: newest.verified,
              class: newest.class,
            },
    },
    rehearsals: rehearsalsOf(database),
  };
}

function scheduleOf({ settings, now }: ServerObservation, unusable: boolean): StatusReport["schedule"] {
  const { backup, rehearsal } = settings.schedule;
  const times = (expression: string) => ({
    previous: unusable ? null : (previousRun(expression, now)?.toISOString() ?? null),
    next: unusable ? null : (nextRun(expression, now)?.toISOString() ?? null),
  });
  return {
    backup,
    ...times(backup),
    rehearsal: rehearsal === null ? null : { expression: rehearsal, ...times(rehearsal) },
  };
}

function summaryOf(verdict: string, problems: readonly Finding[], databases: number): string {
  if (problems.length === 0)
    return `${verdict}: ${databases === 1 ? "1 database" : `${databases} databases`}`;
  const worstFirst = (["critical", "unknown", "warning"] as const).flatMap((level) =>
    problems.filter((finding) => finding.level === level),
  );
  return `${verdict}: ${worstFirst.map(({ text }) => text).join("; ")}`;
}
