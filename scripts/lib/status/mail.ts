import type { StatusReport } from "../../contract/status-report.ts";
import { isWorse } from "./levels.ts";
import type { MailedPlace, MailRecord } from "./mail-record.ts";
import { type Place, placesOf } from "./places.ts";

/** A mail of the status check. */
export interface Mail {
  /** The report's problems are in it, all of them, whichever of them is due. */
  problems: boolean;
  /** What was wrong and is no longer. */
  over: Place[];
}

export interface MailSituation {
  /** What was mailed before; null when that is not known: then everything is due. */
  record: MailRecord | null;
  /** The databases of the settings; what was mailed of another one is forgotten. */
  configured: readonly string[];
  /** When cron checks again; null when that is not known. */
  nextCheck: Date | null;
}

const hour = 3_600_000;
/** A problem that lasts is mailed again after this time. */
const reminder = 24 * hour;
/** What comes back within a day of its end must stay away for so long before its end is mailed once more. */
const settled = 3 * hour;

/**
 * What is to be mailed of a check, and what is to be remembered if it was sent: a problem at once, again after a day for
 * as long as it lasts, and once when it is over. Each point of each database counts by itself.
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

/** Milliseconds since a time that was written down; ages, where the clock has been set back since. */
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
    // The check that is nearest to the time: cron's come a little early or late, and may be a day apart.
    return left <= 0 || (next !== null && left < next - left);
  });
}

function isOver({ problems }: Place, mailed: MailedPlace | undefined, now: Date): boolean {
  if (problems.length > 0 || mailed === undefined || mailed.overAt !== null) return false;
  return !mailed.cameBack || since(mailed.seenAt, now) >= settled;
}

/** What is known of a place after the check; null when there is nothing to know. */
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
 * Numbers, which change from check to check, do not count; they go together with the unit behind them. Those of a
 * backup's name do: another damaged backup is another problem.
 */
const statementOf = ({ text }: { text: string }): string =>
  text
    .replaceAll(/(?<stem>[a-z0-9_]+_\d{8}_\d{6}(?!\d))|\d\S*( \p{L}+)?/gu, (_, stem?: string) => stem ?? "#")
    .replaceAll(/#( #)+/g, "#");
