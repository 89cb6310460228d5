import { describe, expect, test } from "vitest";
import { decide, type Needed, nothingNeeded } from "../../../../scripts/lib/retention/rules.ts";
import { type Candidate, candidate, now, rule } from "./sets.ts";

const at = (time: string, change: Partial<Candidate> = {}) =>
  candidate(0, { takenAt: new Date(time), ...change });
const days = (...all: number[]) => all.map((daysAgo) => candidate(daysAgo));

const reasons = (
  all: readonly Candidate[],
  change: Parameters<typeof rule>[0] = {},
  needed: Needed = nothingNeeded,
) => new Map(decide(all, rule(change), now, needed).map((one) => [one.backup, one]));
const gone = (all: readonly Candidate[], change: Parameters<typeof rule>[0] = {}, needed?: Needed) => {
  const decisions = reasons(all, change, needed);
  return all.flatMap((one, index) => (decisions.get(one)?.keep === false ? [index] : []));
};

type Row = readonly [string, Candidate[], Parameters<typeof rule>[0], number[]];
test.each<Row>([
  ["nothing", [], {}, []],
  ["what is older than 7 days goes", days(0, 1, 2, 7, 8, 9), {}, [4, 5]],
  ["not the last three, however old", days(0, 30, 31, 32), {}, [3]],
  ["age counts from the newest, so a standstill removes nothing", days(30, 31, 32, 33, 36), {}, []],
  [
    "a restore's backup is no newest one to count from",
    [candidate(0, { class: "pre-restore" }), ...days(30, 31, 32, 33, 36)],
    {},
    [],
  ],
  [
    "files without manifest stay",
    [...days(0, 1, 2), candidate(90, { manifest: null, verified: false })],
    {},
    [],
  ],
  [
    "backups before a restore do not count as good ones",
    [candidate(0), candidate(1, { class: "pre-restore" }), ...days(20, 21, 22)],
    {},
    [4],
  ],
  ["they have days of their own", days(0, 1, 2).concat(candidate(9, { class: "pre-restore" })), {}, [3]],
  [
    "which may be more",
    days(0, 1, 2, 9).concat(candidate(9, { class: "pre-restore" })),
    { preRestoreDays: 10 },
    [3],
  ],
  [
    "damaged ones do not count, and go",
    [candidate(0), candidate(9, { verified: false }), ...days(10, 11)],
    {},
    [1],
  ],
  [
    "without a verified one nothing goes",
    [candidate(0, { verified: false }), candidate(90, { verified: false })],
    {},
    [],
  ],
  ["one from the future neither ages the others nor goes", days(-9000, 0, 1, 2), {}, []],
  ["nor does it count as one of the last three", days(-9000, 0, 30, 31, 32), {}, [4]],
  ["a pinned one stays", days(0, 1, 2).concat(candidate(90, { pinned: true })), {}, []],
])("%s", (_, all, change, expected) => {
  expect(gone(all, change)).toEqual(expected);
});

const sparse = { days: 1, keepAtLeast: 1 };
test.each<Row>([
  [
    "of each day the last",
    [
      at("2026-11-22T02:00:00Z"),
      at("2026-11-20T02:00:00Z"),
      at("2026-11-20T14:00:00Z"),
      at("2026-11-19T02:00:00Z"),
    ],
    { ...sparse, daily: 2 },
    [1, 3],
  ],
  [
    "days without a backup are not counted",
    [at("2026-11-22T02:00:00Z"), at("2026-10-01T02:00:00Z"), at("2026-09-01T02:00:00Z")],
    { ...sparse, daily: 2 },
    [2],
  ],
  [
    "a week is Monday to Sunday",
    [
      at("2026-11-22T02:00:00Z"),
      at("2026-11-16T02:00:00Z"),
      at("2026-11-15T02:00:00Z"),
      at("2026-11-09T02:00:00Z"),
    ],
    { ...sparse, weekly: 2 },
    [1, 3],
  ],
  [
    "of each month the last, across years",
    [
      at("2026-01-31T02:00:00Z"),
      at("2026-01-01T02:00:00Z"),
      at("2025-12-31T02:00:00Z"),
      at("2025-11-30T02:00:00Z"),
    ],
    { ...sparse, monthly: 2 },
    [1, 3],
  ],
  [
    "of each year the last",
    [
      at("2026-01-31T02:00:00Z"),
      at("2025-12-31T23:59:59Z"),
      at("2025-06-01T02:00:00Z"),
      at("2024-12-31T02:00:00Z"),
    ],
    { ...sparse, yearly: 2 },
    [2, 3],
  ],
  [
    "what a restore made is no day's last",
    [
      at("2026-11-22T02:00:00Z"),
      at("2026-11-20T14:00:00Z", { class: "pre-restore" }),
      at("2026-11-20T02:00:00Z"),
    ],
    { ...sparse, preRestoreDays: 1, daily: 2 },
    [1],
  ],
  [
    "nor is a damaged one",
    [at("2026-11-22T02:00:00Z"), at("2026-11-20T14:00:00Z", { verified: false }), at("2026-11-20T02:00:00Z")],
    { ...sparse, daily: 2 },
    [1],
  ],
])("%s", (_, all, change, expected) => {
  expect(gone(all, change)).toEqual(expected);
});

test("a backup that shrank keeps what is older, those like it age, and accepted or made good it keeps nothing", () => {
  const small = (daysAgo: number) => candidate(daysAgo, { shrunk: true });
  const rest = { days: 2, keepAtLeast: 1 };
  expect(gone([small(0), ...days(8, 9, 10)], rest)).toEqual([]);
  expect(gone([small(0), small(1), small(3), small(4), ...days(8, 9)], rest)).toEqual([2, 3]);
  expect(gone(days(0, 8, 9, 10), rest)).toEqual([1, 2, 3]);
  expect(gone([candidate(0), small(1), ...days(8, 9, 10)], rest)).toEqual([2, 3, 4]);
});

test("the one that a rehearsal proved last, and the one that an in-place restore needs, stay", () => {
  const all = days(0, 10, 11, 12, 13);
  const [, , first, second, third] = all.map(({ stem }) => stem);
  const proven = new Set([first ?? "", second ?? ""]);
  expect(gone(all, { keepAtLeast: 1 }, { ...nothingNeeded, byRestore: third ?? "", proven })).toEqual([1, 3]);
});

test("every reason is one that a person can check", () => {
  const all = [
    candidate(-1),
    candidate(-0.5),
    candidate(0),
    candidate(3),
    candidate(20, { pinned: true }),
    candidate(30),
    candidate(40, { class: "pre-restore" }),
    candidate(41, { verified: false }),
    candidate(42, { manifest: null, verified: false }),
    candidate(30.5),
  ];
  const found = reasons(all, { keepAtLeast: 1, monthly: 2 });
  expect(all.map((one) => `${found.get(one)?.keep ? "keep" : "remove"}: ${found.get(one)?.reason}`)).toEqual([
    "keep: the newest verified backup",
    "keep: dated in the future: the clock is or was wrong",
    "keep: the newest verified regular backup",
    "keep: taken 3 d before the newest verified regular one, kept for 7 days",
    "keep: pinned",
    "keep: the last of the month 2026-10, one of the newest 2 months",
    "remove: made before a restore, 40 d before the newest verified regular one, kept for 7 days",
    "remove: its size differs from the manifest; taken 41 d before the newest verified regular one, kept for 7 days",
    "keep: no manifest",
    "remove: taken 30 d 12 h before the newest verified regular one, kept for 7 days",
  ]);
});

describe("what a store has no copy of", () => {
  const all = [0, 20, 30, 40].map((days) => candidate(days));
  const [, young, middle, oldest] = all.map(({ stem }) => stem);
  const strict = rule({ days: 10, keepAtLeast: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0 });
  const decided = (uncopied: readonly (string | undefined)[], bytesShort: number) =>
    decide(all, strict, now, {
      ...nothingNeeded,
      uncopied: new Map(uncopied.map((stem) => [stem ?? "", "objects"])),
      bytesShort,
    });
  const gone = (...given: Parameters<typeof decided>) =>
    decided(...given).flatMap(({ backup, keep }) => (keep ? [] : [backup.stem]));

  test("stays while there is space, although it has expired", () => {
    expect(gone([], 0)).toEqual([young, middle, oldest]);
    expect(gone([middle, oldest], 0)).toEqual([young]);
    const waiting = decided([middle], 0).find(({ backup }) => backup.stem === middle);
    expect(waiting).toMatchObject({ keep: true, reason: "no copy yet at objects", uncopiedAt: null });
  });

  test("goes, the oldest first, for as much space as what may go anyway does not free", () => {
    expect(gone([young, middle, oldest], 1)).toEqual([oldest]);
    expect(gone([young, middle, oldest], 101)).toEqual([middle, oldest]);
    expect(gone([middle, oldest], 100)).toEqual([young]);
    expect(gone([young, middle, oldest], 1e9)).toEqual([young, middle, oldest]);
    const given = decided([oldest], 1e9).find(({ backup }) => backup.stem === oldest);
    expect(given).toMatchObject({ keep: false, uncopiedAt: "objects" });
  });
});
