import fc from "fast-check";
import { expect, test } from "vitest";
import { expired, type RetentionCandidate, shrinkPercent } from "../../../scripts/lib/retention.ts";

const day = 86_400_000;
const now = new Date("2026-11-22T12:00:00Z");
const rule = { days: 7, keepAtLeast: 3 };

interface Case extends RetentionCandidate {
  name: string;
}

const backup = (daysAgo: number, change: Partial<Case> = {}): Case => ({
  name: `${daysAgo}`,
  takenAt: new Date(now.getTime() - daysAgo * day),
  class: "regular",
  verified: true,
  manifest: {},
  bytes: 1,
  ...change,
});

const tables: [string, Case[], string[]][] = [
  ["nothing", [], []],
  ["what is older than 7 days", [0, 1, 2, 7, 8, 9].map((days) => backup(days)), ["8", "9"]],
  ["not the last three, however old", [0, 30, 31, 32].map((days) => backup(days)), ["32"]],
  [
    "age counts from the newest, so a standstill removes nothing",
    [30, 31, 32, 33, 36].map((days) => backup(days)),
    [],
  ],
  [
    "files without manifest never",
    [0, 1, 2].map((days) => backup(days)).concat(backup(90, { manifest: null })),
    [],
  ],
  [
    "backups before a restore do not count as good ones",
    [backup(0), backup(1, { class: "pre-restore" }), backup(20), backup(21), backup(22)],
    ["22"],
  ],
  [
    "old backups before a restore go",
    [0, 1, 2].map((days) => backup(days)).concat(backup(9, { class: "pre-restore" })),
    ["9"],
  ],
  [
    "damaged ones do not count and go when they are old",
    [backup(0), backup(9, { verified: false }), backup(10), backup(11)],
    ["9"],
  ],
  [
    "without a verified one nothing goes",
    [backup(0, { verified: false }), backup(90, { verified: false })],
    [],
  ],
  [
    "one from the future neither ages the others nor goes",
    [backup(-9000), backup(0), backup(1), backup(2)],
    [],
  ],
];

test.each(tables)("%s", (_, backups, gone) => {
  expect(expired(backups, rule, now).map((entry) => entry.name)).toEqual(gone);
});

const arbitrary = fc.array(
  fc.record({
    takenAt: fc.integer({ min: -50, max: 400 }).map((days) => new Date(now.getTime() - days * day)),
    class: fc.constantFrom("regular" as const, "pre-restore" as const),
    verified: fc.boolean(),
    manifest: fc.constantFrom({}, null),
    bytes: fc.nat(),
  }),
  { maxLength: 40 },
);

test("whatever there is, the newest verified, enough good ones and foreign files stay", () => {
  fc.assert(
    fc.property(
      arbitrary,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 30 }),
      (backups, keepAtLeast, days) => {
        const gone = new Set(expired(backups, { days, keepAtLeast }, now));
        const good = backups.filter((entry) => entry.manifest !== null && entry.verified);
        const goodStay = good.filter((entry) => entry.class === "regular" && !gone.has(entry));
        const goodBefore = good.filter((entry) => entry.class === "regular");
        expect(goodStay.length).toBeGreaterThanOrEqual(Math.min(keepAtLeast, goodBefore.length));
        const newest = Math.max(...good.map((entry) => entry.takenAt.getTime()));
        expect(
          [...gone].filter((entry) => entry.verified && entry.takenAt.getTime() === newest).length,
        ).toBeLessThan(Math.max(1, good.filter((entry) => entry.takenAt.getTime() === newest).length));
        expect([...gone].filter((entry) => entry.manifest === null)).toEqual([]);
        expect([...gone].filter((entry) => now.getTime() - entry.takenAt.getTime() <= days * day)).toEqual(
          [],
        );
      },
    ),
  );
});

test.each([
  [100, [], 0],
  [100, [100, 100], 0],
  [40, [100, 90, 110], 60],
  [200, [100], 0],
  [1, [0], 0],
])("%i bytes after %j is %i %% smaller", (bytes, earlier, percent) => {
  expect(shrinkPercent(bytes, earlier)).toBe(percent);
});
