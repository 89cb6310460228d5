import { expect, test } from "vitest";
import type { Median } from "../../benchmark/contest.ts";
import { backupGoals, restoreGoals } from "../../benchmark/database/goals.ts";
import * as names from "../../benchmark/database/names.ts";

const medians: Record<string, number> = {
  [names.handMadeBackup]: 10,
  [names.limitOfBackup]: 1.5,
  [names.backup]: 5,
  [names.backupOfRows]: 5,
  [names.backupByZstd]: 3,
  [names.handMadeRestore]: 5,
  [names.restore]: 5.6,
};
const bytes: Record<string, number> = { [names.backup]: 200, [names.backupByZstd]: 150 };
const median: Median = (contestant, quantity = "seconds") =>
  quantity === "peakBytes"
    ? 90_000_000
    : ((quantity === "bytes" ? bytes : medians)[contestant] ?? Number.NaN);

test("a backup is compared with the hand-made way and with the limit", () => {
  const goals = backupGoals("700MB", median);
  expect(goals.map(({ wanted, found, met }) => [wanted, found, met])).toEqual([
    ["≥ 1.9 × as fast", "2.00 ×", true],
    ["≤ 3.4 ×", "3.33 ×", true],
    ["≥ 2.2 × as fast", "2.00 ×", false],
    ["≤ 3 ×", "3.33 ×", false],
    ["≤ 2.6 ×", "2.00 ×", true],
    ["≤ 1 ×", "0.75 ×", true],
    ["≤ 100 MB", "90.0 MB", true],
  ]);
});

test("a small one is bounded by seconds", () => {
  const goals = backupGoals("8MB", median);
  expect(goals.map(({ wanted, met }) => [wanted, met])).toEqual([
    ["≤ 1 s", false],
    ["≤ 10.00 s + 0.5 s", true],
    ["≤ 100 MB", true],
  ]);
});

test("a restore is compared with the bare one", () => {
  expect(restoreGoals("700MB", median).map(({ found, met }) => [found, met])).toEqual([
    ["1.12 ×", false],
    ["90.0 MB", true],
  ]);
  expect(restoreGoals("8MB", median).map(({ met }) => met)).toEqual([true]);
});
