import { expect, test } from "vitest";
import type { CopiesState } from "../../../../scripts/contract/copies.ts";
import type { StoreSettings } from "../../../../scripts/contract/settings.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import type { Observed, StoreObservation, Unreadable } from "../../../../scripts/lib/status/observation.ts";
import { reportText } from "../../../../scripts/lib/status/report-text.ts";
import { backup, database, hoursAgo, now, server } from "./observations.ts";

const place: StoreSettings = {
  ...{ name: "objects", type: "s3", place: "bucket acme", path: "acme/web1", options: {} },
  ...{ secretsFile: "/secrets", deletes: "never", verify: "full", schedule: "20 * * * *" },
  retention: { days: 30, daily: 0, weekly: 0, monthly: 0, yearly: 0 },
};

/** The copies of backups that were taken so many hours ago. */
const copied = (...hours: number[]): CopiesState => ({
  ...{
    version: 1,
    store: "objects",
    place: "s3",
    listedAt: hoursAgo(1).toISOString(),
    pending: [],
    damaged: [],
  },
  copies: Object.fromEntries(
    hours.map((hour) => [
      `shop_${hour}`,
      {
        ...{ database: "shop", takenAt: hoursAgo(hour).toISOString(), bytes: 1_000_000, level: "full" },
        verifiedAt: hoursAgo(hour - 1).toISOString(),
      },
    ]),
  ),
});

const judged = (
  state: Observed<CopiesState> | Unreadable,
  databases = [database()],
  change: Partial<StoreSettings> = {},
) => {
  const store: StoreObservation = { place: { ...place, ...change }, state };
  return judgeServer(server({ databases, stores: [store] }));
};
const pointOf = (report: ReturnType<typeof judged>) => report.stores?.[0]?.point;
const known = (value: CopiesState): Observed<CopiesState> => ({ readable: true, value });

test("a server without stores has no point for them", () => {
  expect(judgeServer(server())).not.toHaveProperty("stores");
});

test("when every backup has a copy, the point is good and says how old the newest is", () => {
  const report = judged(known(copied(10, 34, 58)));
  expect(report.verdict).toBe("healthy");
  expect(pointOf(report)).toEqual({
    number: 9,
    level: "ok",
    findings: [
      {
        level: "ok",
        text: "shop at objects: newest copy of a backup taken 10 h ago, read back whole",
        advice: null,
      },
    ],
  });
  expect(report.stores).toMatchObject([{ name: "objects", copies: 3, newest: hoursAgo(10).toISOString() }]);
  expect(reportText(report, (_, text) => text)).toMatch(/^ {2}9 copies +ok +shop at objects: newest copy/m);
});

test.each([
  ["for less than a run may be late", [0.5, 34], [34], "ok"],
  ["for longer", [10, 34], [34], "warning"],
  ["for more than a day longer", [10, 34, 58], [], "critical"],
] as const)("a backup that waits %s is judged by that", (_, taken, copies, level) => {
  const backups = { readable: true as const, value: taken.map((hours) => backup({ hoursAgo: hours })) };
  expect(pointOf(judged(known(copied(...copies)), [database({ backups })]))?.level).toBe(level);
});

test("the oldest that waits is named, with what to do", () => {
  const point = pointOf(judged(known(copied(58))));
  expect(point?.findings[0]).toEqual({
    level: "critical",
    text: "shop at objects: 2 backups have no copy; shop_34 waits for 1 d 10 h [DBK-COPY-10]",
    advice: expect.stringContaining("--store objects"),
  });
});

test("without any copy of a backup that is due the point is never good", () => {
  expect(pointOf(judged(known(copied())))?.level).toBe("critical");
});

test("what is not known is not good", () => {
  expect(pointOf(judged({ readable: false, reason: "it is damaged" }))).toMatchObject({ level: "unknown" });
  const unreadable = database({ backups: { readable: false, reason: "EIO" } });
  expect(pointOf(judged(known(copied(10)), [unreadable]))?.level).toBe("unknown");
});

test("a copy that was not read back for more than a week is a warning; where that is not wanted, it is said", () => {
  const old = copied(10, 34, 58);
  const newest = old.copies.shop_10;
  if (newest === undefined) throw new Error("no copy");
  newest.verifiedAt = new Date(now.getTime() - 10 * 86_400_000).toISOString();
  expect(pointOf(judged(known(old)))?.findings[0]).toMatchObject({
    level: "warning",
    text: expect.stringContaining("DBK-COPY-9"),
  });
  newest.level = "digest";
  const report = judged(known(old), undefined, { verify: "digest" });
  expect(pointOf(report)?.findings).toMatchObject([
    { level: "ok", text: expect.stringContaining("not read back: only its size") },
  ]);
});

test("a database without backups has nothing to copy", () => {
  const none = database({ backups: { readable: true, value: [] } });
  expect(pointOf(judged(known(copied()), [none]))?.findings).toMatchObject([{ level: "note" }]);
});
