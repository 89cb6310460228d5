import type { StatusReport } from "../../contract/status-report.ts";
import { isWorse } from "./levels.ts";
import type { MailedPlace, MailRecord } from "./mail-record.ts";
import { type Place, placesOf } from "./places.ts";

/** A mail of the status check. */
export interface Mail {
  /** It contains all problems of the report, whichever of them is due. */
  problems: boolean;
  /** Problems that are over. */
  over: Place[];
}

export interface MailSituation {
  /** The mails before; null if unknown: then everything is due. */
  record: MailRecord | null;
  /** The databases of the settings. Mails about other databases are forgotten. */
  configured: readonly string[];
  /** When cron checks again; null if unknown. */
  nextCheck: Date | null;
}

const hour = 3_600_000;
/** A problem that lasts is mailed again after this time. */
const reminder = 24 * hour;
/** A problem that comes back within a day of its end must stay away this long before its end is mailed again. */
const settled = 3 * hour;

/**
 * The mail of a check, and the record to save if it was sent. A problem is mailed at once, again after each day while
 * it lasts, and once when it is over. Each point of each database counts separately.
 */
export function mailOf(
  report: Pick<StatusReport, "databases" | "points" | "checkedAt">,
  { record, configured, nextCheck }: MailSituation,
): { mail: Mail | null; record: MailRecord } {
  const now = new Date(report.checkedAt);
  const next = nextCheck === null ? null : nextCheck.getTime() - now.getTime();
  const mailed = record?.places ?? {};
  const places = placesOf(report);
  const bad = places.filter(({ problems }) => problems.length > 0);
  const over = places.filter((place) => isOver(place, mailed[place.key], now));
  const isDue = over.length > 0 || bad.some((place) => isNews(place, mailed[place.key], now, next));
  const mail = isDue || record === null ? { problems: bad.length > 0, over } : null;
  const looked = new Set(places.map(({ key }) => key));
  const kept = Object.entries(mailed).filter(
    ([key, { database }]) => !looked.has(key) && database !== null && configured.includes(database),
  );
  const entries = places.flatMap((place): [string, MailedPlace][] => {
    const entry = remembered(place, mailed[place.key], now, mail);
    return entry === null ? [] : [[place.key, entry]];
  });
  const number = (record?.number ?? 0) + 1;
  return { mail, record: { version: 1, number, places: Object.fromEntries([...kept, ...entries]) } };
}

/** Milliseconds since a recorded time; infinite if the clock has been set back since. */
function since(time: string, now: Date): number {
  const elapsed = now.getTime() - new Date(time).getTime();
  return elapsed >= 0 ? elapsed : Number.POSITIVE_INFINITY;
}

/** @param next milliseconds until the next check */
function isNews(
  { problems, level }: Place,
  mailed: MailedPlace | undefined,
  now: Date,
  next: number | null,
): boolean {
  if (mailed === undefined || mailed.overAt !== null || isWorse(level, mailed.level)) return true;
  return problems.map(statementOf).some((statement) => {
    const sentAt = mailed.statements[statement];
    if (sentAt === undefined) return true;
    const left = reminder - since(sentAt, now);
    // The check nearest to the time: cron's checks come a little early or late, and may be a day apart.
    return left <= 0 || (next !== null && left < next - left);
  });
}

function isOver({ problems }: Place, mailed: MailedPlace | undefined, now: Date): boolean {
  if (problems.length > 0 || mailed === undefined || mailed.overAt !== null) return false;
  return !mailed.cameBack || since(mailed.seenAt, now) >= settled;
}

/** The new record of a place after the check; null if there is nothing to record. */
function remembered(
  place: Place,
  mailed: MailedPlace | undefined,
  now: Date,
  mail: Mail | null,
): MailedPlace | null {
  const time = now.toISOString();
  if (place.problems.length === 0) {
    if (mailed === undefined) return null;
    if (mailed.overAt !== null) return since(mailed.overAt, now) < reminder ? mailed : null;
    return mail?.over.includes(place) ? { ...mailed, overAt: time } : mailed;
  }
  if (mailed !== undefined && mail === null) return { ...mailed, seenAt: time };
  const earlier = Object.entries(mailed?.statements ?? {}).filter(
    ([, sentAt]) => since(sentAt, now) < reminder,
  );
  const current = place.problems.map((problem) => [statementOf(problem), time] as const);
  return {
    database: place.database,
    level: place.level,
    statements: Object.fromEntries([...earlier, ...current]),
    seenAt: time,
    overAt: null,
    cameBack:
      mailed !== undefined &&
      (mailed.overAt === null ? mailed.cameBack : since(mailed.overAt, now) < reminder),
  };
}

/**
 * Removes numbers with their units, because they change from check to check. The numbers in a backup's name stay:
 * another damaged backup is another problem.
 */
const statementOf = ({ text }: { text: string }): string =>
  text
    .replaceAll(/(?<stem>[a-z0-9_]+_\d{8}_\d{6}(?!\d))|\d\S*( \p{L}+)?/gu, (_, stem?: string) => stem ?? "#")
    .replaceAll(/#( #)+/g, "#");
