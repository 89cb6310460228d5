import { identified } from "../../contract/error-ids.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import type { Settings } from "../../contract/settings.ts";
import type { Finding, Rehearsals } from "../../contract/status-report.ts";
import { formatAge, formatDuration, formatTime } from "../base/format.ts";
import { isSuccess } from "../store/rehearsals.ts";
import { dueRuns } from "./due-runs.ts";
import { critical, note, ok, warning } from "./levels.ts";
import type { CronTableState, DatabaseObservation, Observed, Unreadable } from "./observation.ts";

const hour = 3_600_000;
/** A damaged database may differ everywhere, so only the first differences are shown. */
const namedDifferences = 3;

/** The rehearsals as they are reported. */
export function rehearsalsOf({ rehearsals }: DatabaseObservation): Rehearsals {
  const [newest] = rehearsals.records;
  const successful = rehearsals.records.find(isSuccess);
  return {
    newest: newest === undefined ? null : figuresOf(newest),
    newestSuccessful: successful === undefined ? null : figuresOf(successful),
    running: rehearsals.living,
    containers: [...rehearsals.containers],
  };
}

function figuresOf(record: RehearsalRecord): NonNullable<Rehearsals["newest"]> {
  const { archive, startedAt, durationSeconds, restoreSeconds, where, compared, result, error } = record;
  return {
    file: archive,
    startedAt,
    durationSeconds,
    restoreSeconds,
    where,
    compared,
    result,
    differences: [...record.differences],
    ...(record.untried === undefined ? {} : { untried: record.untried }),
    error,
  };
}

/** The rehearsals of the backups; part of point 5. Nothing if there was never a rehearsal and none is scheduled. */
export function judgeRehearsals(
  database: DatabaseObservation,
  settings: Settings,
  now: Date,
  cronTable: Observed<CronTableState | null> | Unreadable,
): Finding[] {
  if (!database.backups.readable || database.backups.value.length === 0) return [];
  const { records } = database.rehearsals;
  const [newest] = records;
  const success = records.find(isSuccess);
  return [
    ...(newest === undefined ? [] : judgeNewest(newest, settings)),
    ...(success === undefined
      ? judgeNone(settings, now, cronTable)
      : judgeSuccess(success, settings, now, newest === success)),
  ];
}

function judgeNewest({ archive, startedAt, result, runId, ...record }: RehearsalRecord, settings: Settings) {
  const advice = `see: grep ${runId} ${settings.paths.log}; rehearse a new backup: ${settings.paths.rehearseLauncher}`;
  const which = `the rehearsal of ${archive}, ${formatTime(new Date(startedAt))},`;
  if (result === "failed")
    return [
      warning(
        identified(`${which} failed: ${record.error ?? "no reason is given"}`, "[DBK-REHEARSAL-2]"),
        advice,
      ),
    ];
  if (result === "equal") {
    const { compared } = record;
    if (compared === "full") return judgeUntried(which, record.untried);
    const what = compared === "rows" ? "only its rows were counted" : "there was nothing to compare it with";
    return [note(`${which} restored it, but ${what}`)];
  }
  const named = record.differences.slice(0, namedDifferences).join("; ");
  const more = record.differences.length - namedDifferences;
  const rest = more > 0 ? `; and ${more} more` : "";
  return [critical(`${which} did not restore what was backed up: ${named}${rest} [DBK-REHEARSAL-1]`, advice)];
}

/** The parts that an equal rehearsal did not compare. */
function judgeUntried(which: string, untried: RehearsalRecord["untried"] = []): Finding[] {
  if (untried.length === 0) return [];
  const named = untried.slice(0, namedDifferences).map(({ what, why }) => `${what}: ${why}`);
  const more = untried.length - named.length;
  const rest = more > 0 ? `; and ${more} more` : "";
  return [note(`${which} could not compare everything: ${named.join("; ")}${rest}`)];
}

const rehearseNow = ({ log, rehearseLauncher }: Settings["paths"]): string =>
  `see: grep rehearsal ${log}; rehearse now: ${rehearseLauncher}`;

function judgeSuccess(
  { archive, startedAt, restoreSeconds }: RehearsalRecord,
  { schedule, rehearsal, paths }: Settings,
  now: Date,
  isNewest: boolean,
): Finding[] {
  const time = new Date(startedAt);
  const age = formatAge(time, now);
  const limit = rehearsal.maximumAgeHours;
  if (schedule.rehearsal !== null && now.getTime() - time.getTime() > limit * hour) {
    const text = `the newest successful rehearsal is too old: ${formatTime(time)}, ${age}; ${formatDuration(limit * 3600)} are allowed [DBK-STATUS-12]`;
    return [warning(text, rehearseNow(paths))];
  }
  if (!isNewest) return [note(`last rehearsed with success ${age}: ${archive}`)];
  const took = restoreSeconds === null ? "" : `; a restore takes ${formatDuration(restoreSeconds)}`;
  return [ok(`rehearsed ${age}: ${archive}, equal in rows and content${took}`)];
}

/** No finding before the first scheduled rehearsal must be over. */
function judgeNone(
  { schedule, monitoring, paths }: Settings,
  now: Date,
  cronTable: Observed<CronTableState | null> | Unreadable,
): Finding[] {
  if (schedule.rehearsal === null) return [];
  const { last } = dueRuns(schedule.rehearsal, now, monitoring.backupAgeGraceHours);
  const installed = cronTable.readable ? cronTable.value?.modifiedAt : undefined;
  if (last === null || installed === undefined || last < installed)
    return [note("never rehearsed; the first scheduled rehearsal is still to come")];
  const text = `no rehearsal ever succeeded; one was due ${formatTime(last)} [DBK-STATUS-12]`;
  return [warning(text, rehearseNow(paths))];
}

/** Containers left by crashed rehearsals. Their databases are listed with the leftovers of restores. */
export const judgeTrialContainers = ({ rehearsals }: DatabaseObservation): Finding[] =>
  rehearsals.containers.map((name) =>
    warning(
      `a rehearsal left the container ${name} [DBK-STATUS-18]`,
      `the next backup removes it, or: docker rm --force --volumes ${name}`,
    ),
  );
