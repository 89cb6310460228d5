import { type CronExpression, CronExpressionError, parseCronExpression } from "./cron-expression.ts";
import { clocksChangeAround, instantsOf, type Offset, offsetOf, skipOver } from "./wall-clock.ts";

/** When Debian's cron runs a schedule, in the server's local time and through its time changes. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** cron takes a change of three hours or more for a corrected clock and does not catch up on missed jobs. */
const longestMadeUp = 3 * hour;
/** 29 February can be eight years away (2096 to 2104). */
const searchedDays = 9 * 366;

function dayMatches(expression: CronExpression, dayWall: number): boolean {
  const date = new Date(dayWall);
  if (!expression.months.has(date.getUTCMonth() + 1)) return false;
  const ofMonth = expression.daysOfMonth.has(date.getUTCDate());
  const ofWeek = expression.daysOfWeek.has(date.getUTCDay());
  return expression.bothDayFields ? ofMonth && ofWeek : ofMonth || ofWeek;
}

function runsAt(wall: number, expression: CronExpression, offset: Offset): number[] {
  const instants = instantsOf(wall, offset);
  if (expression.followsClock) return instants;
  if (instants.length > 0) return instants.slice(0, 1);
  const skip = skipOver(wall, offset);
  return skip.length < longestMadeUp ? [skip.instant] : [];
}

function runsOfDay(dayWall: number, expression: CronExpression, offset: Offset): number[] {
  if (!dayMatches(expression, dayWall)) return [];
  const hours = [...expression.hours];
  const walls = hours.flatMap((h) => [...expression.minutes].map((m) => dayWall + h * hour + m * minute));
  if (clocksChangeAround(dayWall, offset)) return walls.flatMap((wall) => runsAt(wall, expression, offset));
  const ahead = offset(dayWall);
  return walls.map((wall) => wall - ahead);
}

/**
 * Searches day by day. The neighbour of each day is included, because a time change at midnight mixes their instants.
 */
function search(
  text: string,
  now: Date,
  direction: 1 | -1,
  timeZone: string | undefined,
  wanted: (instant: number) => boolean,
): Date | null {
  const expression = parseCronExpression(text);
  const offset = offsetOf(timeZone);
  const today = Math.floor((now.getTime() + offset(now.getTime())) / day) * day;
  const nearest = direction === 1 ? Math.min : Math.max;
  for (let distance = -1; distance <= searchedDays; distance++) {
    const days = [distance, distance + 1].map((days) => today + direction * days * day);
    const found = days.flatMap((dayWall) => runsOfDay(dayWall, expression, offset)).filter(wanted);
    if (found.length > 0) return new Date(found.reduce((a, b) => nearest(a, b)));
  }
  return null;
}

/**
 * The last time at or before `now` at which cron ran `expression`; null where there was none in nine years.
 * `timeZone` (IANA) is the server's unless given.
 * @throws CronExpressionError for what `cronExpressionProblem` complains of.
 */
export function previousRun(expression: string, now: Date, timeZone?: string): Date | null {
  return search(expression, now, -1, timeZone, (instant) => instant <= now.getTime());
}

/** The first time after `now` at which cron will run `expression`; otherwise as `previousRun`. */
export function nextRun(expression: string, now: Date, timeZone?: string): Date | null {
  return search(expression, now, 1, timeZone, (instant) => instant > now.getTime());
}

/** Why cron would not run `text` as intended, as a phrase; null if it would. */
export function cronExpressionProblem(text: string): string | null {
  try {
    if (nextRun(text, new Date(Date.UTC(2000, 0)), "UTC") !== null) return null;
    return "no date ever matches it";
  } catch (error) {
    if (error instanceof CronExpressionError) return error.message;
    throw error;
  }
}
