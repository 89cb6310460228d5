import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cronExpressionProblem, nextRun, previousRun } from "../../../../scripts/lib/time/cron-schedule.ts";

describe("expressions that Debian's cron takes", () => {
  test.each([
    "* * * * *",
    "0 2 * * *",
    "05 02 * * *",
    "0\t2  * * *",
    "*/15 * * * *",
    "*/59 * * * *",
    "0 */24 * * *",
    "1-5/2,30 * * * *",
    "3-3 * * * *",
    "5,* * * * *",
    "0 0 * JAN-mar *",
    "0 0 * * mon,tue",
    "0 0 * * Mon-fri",
    "0 0 * * 0-7",
    "0 0 * * 5-7",
    "0 0 29 2 *",
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
  ])("%s", (text) => expect(cronExpressionProblem(text)).toBeNull());
});

describe("expressions that are refused, with the reason", () => {
  test.each([
    ["", "five fields are needed"],
    ["0 2 * *", "found 4"],
    ["0 0 2 * * *", "found 6"],
    ["60 0 * * *", "the minute 60 is not between 0 and 59"],
    ["0 24 * * *", "the hour 24 is not between 0 and 23"],
    ["0 0 0 * *", "the day of month 0 is not between 1 and 31"],
    ["0 0 * 13 *", "the month 13"],
    ["0 0 * * 8", "the day of week 8 is not between 0 and 7"],
    ["0 0 * mon *", "jan, feb"],
    ["0 0 * * sunday", "sun, mon"],
    ["jan 0 * * *", '"jan" is no minute'],
    ["5/10 * * * *", "needs a range or *: for instance 5-59/10"],
    ["*/0 * * * *", "not between 1 and 60"],
    ["*/100 * * * *", "not between 1 and 60"],
    ["*/ * * * *", "not between 1 and 60"],
    ["1-5/2/3 * * * *", "more than one step"],
    ["5-1 * * * *", "runs backwards"],
    ["0 0 * * fri-sun", "runs backwards"],
    ["1-2-3 * * * *", "is not a range"],
    ["1,,2 * * * *", "is no minute"],
    ["*5 * * * *", "is no minute"],
    ["1.5 * * * *", "is no minute"],
    ["0 0 L * *", "is no day of month"],
    ["0 0 15W * *", "is no day of month"],
    ["0 0 * * 1#2", "is no day of week"],
    ["0 0 ? * *", "is no day of month"],
    ["0 0 * * *\n* * * * * root true", "one line"],
    ["0 0 31 2 *", "no date ever matches"],
    ["@reboot", "@reboot says nothing about when"],
    ["@Daily", 'cron knows no "@Daily"'],
    ["@toString", "cron knows no"],
  ])("%j: %s", (text, reason) => expect(cronExpressionProblem(text)).toContain(reason));
});

describe("the last and the next run", () => {
  const berlin = "Europe/Berlin";
  test.each([
    // [expression, zone, now, previous, next]
    ["0 2 * * *", "UTC", "2026-11-22T01:59:59Z", "2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"],
    ["0 2 * * *", "UTC", "2026-11-22T02:00:00Z", "2026-11-22T02:00:00Z", "2026-11-23T02:00:00Z"],
    ["0 2 * * *", berlin, "2026-07-01T12:00:00Z", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"],
    ["*/20 * * * *", "Asia/Kolkata", "2026-01-01T00:05:00Z", "2025-12-31T23:50:00Z", "2026-01-01T00:10:00Z"],
    [
      "0 0 1 1 *",
      "Pacific/Kiritimati",
      "2026-06-01T00:00:00Z",
      "2025-12-31T10:00:00Z",
      "2026-12-31T10:00:00Z",
    ],
    ["0 0 29 2 *", "UTC", "2099-01-01T00:00:00Z", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z"],
    // Day of month or day of week matches; both must match if one of them begins with a star.
    ["0 0 13 * 5", "UTC", "2026-11-15T00:00:00Z", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"],
    ["0 0 1 * 0", "UTC", "2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-06T00:00:00Z"],
    ["0 0 */10 * 1", "UTC", "2026-11-22T00:00:00Z", "2026-09-21T00:00:00Z", "2026-12-21T00:00:00Z"],
    ["0 0 * * 7", "UTC", "2026-11-24T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"],
    // Forward: 02:00 becomes 03:00. A fixed time that is skipped runs at once, one that follows the clock is lost.
    ["30 2 * * *", berlin, "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    ["30 2 * * *", berlin, "2026-03-29T00:59:00Z", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"],
    ["30 */2 * * *", berlin, "2026-03-29T01:15:00Z", "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z"],
    // Back: 03:00 becomes 02:00. A fixed time runs once, one that follows the clock twice.
    ["30 2 * * *", berlin, "2026-10-25T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    ["*/30 2 * * *", berlin, "2026-10-25T12:00:00Z", "2026-10-25T01:30:00Z", "2026-10-26T01:00:00Z"],
    ["@hourly", berlin, "2026-10-25T00:10:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"],
    // Half an hour (Lord Howe), at midnight (Beirut skips 00:00), and a whole day (Samoa, 30 December 2011).
    [
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-04T00:00:00Z",
      "2026-10-03T15:30:00Z",
      "2026-10-04T15:15:00Z",
    ],
    ["0 0 * * *", "Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"],
    ["0 12 * * *", "Pacific/Apia", "2011-12-30T20:00:00Z", "2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"],
  ])("%s in %s at %s", (expression, zone, now, previous, next) => {
    expect(previousRun(expression, new Date(now), zone)).toEqual(new Date(previous));
    expect(nextRun(expression, new Date(now), zone)).toEqual(new Date(next));
  });

  test("an expression that is none is refused, not taken for one that never runs", () => {
    expect(() => nextRun("nonsense", new Date())).toThrow("five fields");
  });
});

describe("for any schedule, zone and moment", () => {
  const part = (low: number, high: number) => {
    const value = fc.integer({ min: low, max: high });
    const range = fc.tuple(value, value, fc.integer({ min: 1, max: 7 })).map(([a, b, step]) => {
      return `${Math.min(a, b)}-${Math.max(a, b)}/${step}`;
    });
    return fc.oneof(fc.constant("*"), value.map(String), range);
  };
  const expression = fc
    .tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 7))
    .map((parts) => parts.join(" "));
  const zone = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
  );
  const moment = fc.date({ min: new Date("2020-01-01"), max: new Date("2040-01-01"), noInvalidDate: true });

  test("nothing lies between the last run and the next, and each is the other's neighbour", () => {
    fc.assert(
      fc.property(expression, zone, moment, (text, timeZone, now) => {
        const previous = previousRun(text, now, timeZone);
        const next = nextRun(text, now, timeZone);
        if (previous === null || next === null) return;
        expect(previous.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        expect(nextRun(text, previous, timeZone)).toEqual(next);
        expect(previousRun(text, new Date(next.getTime() - 1), timeZone)).toEqual(previous);
      }),
      { numRuns: 60 },
    );
  });

  test("in UTC the next run is the first minute whose digits match", () => {
    const minutes = fc.integer({ min: 0, max: 59 });
    const hours = fc.integer({ min: 0, max: 23 });
    fc.assert(
      fc.property(minutes, hours, moment, (m, h, now) => {
        const next = nextRun(`${m} ${h} * * *`, now, "UTC");
        expect(next?.toISOString().slice(11, 16)).toBe(
          `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`,
        );
        expect((next?.getTime() ?? Number.NaN) - now.getTime()).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});
