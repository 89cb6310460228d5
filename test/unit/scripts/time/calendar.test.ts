import fc from "fast-check";
import { expect, test } from "vitest";
import { buckets } from "../../../../scripts/lib/time/calendar.ts";

test.each([
  ["2026-11-22T02:00:00Z", "2026-11-22", "2026-W47", "2026-11", "2026"],
  ["2026-11-22T23:59:59Z", "2026-11-22", "2026-W47", "2026-11", "2026"],
  ["2026-11-23T00:00:00Z", "2026-11-23", "2026-W48", "2026-11", "2026"],
  ["2026-01-01T00:00:00Z", "2026-01-01", "2026-W01", "2026-01", "2026"],
  ["2027-01-03T12:00:00Z", "2027-01-03", "2026-W53", "2027-01", "2027"],
  ["2024-12-30T12:00:00Z", "2024-12-30", "2025-W01", "2024-12", "2024"],
  ["2000-02-29T12:00:00Z", "2000-02-29", "2000-W09", "2000-02", "2000"],
])("%s is in %s, %s, %s and %s", (time, daily, weekly, monthly, yearly) => {
  const date = new Date(time);
  expect(Object.values(buckets).map(({ of }) => of(date))).toEqual([daily, weekly, monthly, yearly]);
});

test("each week has seven days, and ends on a Sunday", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 80_000 }), (dayNumber) => {
      const date = (offset: number) => new Date((dayNumber + offset) * 86_400_000);
      const monday = (8 - (date(0).getUTCDay() || 7)) % 7;
      const week = Array.from({ length: 7 }, (_, index) => buckets.weekly.of(date(monday + index)));
      expect(new Set(week).size).toBe(1);
      expect(buckets.weekly.of(date(monday + 7))).not.toBe(week[0]);
    }),
  );
});
