import { expect, test } from "vitest";
import { alignedText, contestTable, contestText, goalTable, summaryOf } from "../../benchmark/figures.ts";
import { dumps } from "./results.ts";

test("the median, the worst value and the spread of some values", () => {
  expect(summaryOf([30, 10, 220, 20])).toEqual({ median: 25, worst: 220, spread: 210 });
  expect(summaryOf([])).toBeNull();
});

test("a contest's table has the ratio to the first contestant, and only what was measured", () => {
  expect(contestTable(dumps)).toEqual([
    ["", "median", "worst", "spread", "to the first", "CPU", "file"],
    ["pg_dump | gzip", "10.00 s", "12.50 s", "3.50 s", "1.00 ×", "", "2.0 MB"],
    ["ours", "5.00 s", "5.00 s", "0.00 s", "0.50 ×", "3.14 s", ""],
  ]);
});

test("a contest without contestants has an empty table", () => {
  expect(contestTable({ ...dumps, contestants: [] })).toEqual([]);
});

test("a goal is met or missed", () => {
  expect(goalTable(dumps.goals).map((row) => row[3])).toEqual(["", "met", "missed", "missed"]);
  expect(goalTable([])).toEqual([]);
});

test("the table has its numbers below each other", () => {
  const table = [
    ["", "median"],
    ["pg_dump", "10.00 s"],
    ["ours", "5.00 s"],
  ];
  expect(alignedText(table)).toBe("          median\npg_dump  10.00 s\nours      5.00 s");
});

test("a terminal shows the contest's table and its goals", () => {
  const lines = contestText(dumps).split("\n");
  expect(lines[0]).toBe("Dumps");
  expect(lines.at(-3)).toBe("ours | ≥ 1.9 × as fast | 2.00 × | met");
});
