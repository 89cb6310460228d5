import { expect, test } from "vitest";
import { figuresTable, summaryOf } from "../benchmark/figures.ts";

const gap = { what: "gap", unit: "ms", values: [30, 10, 220.04, 20] } as const;
const lost = { what: "lost queries", unit: "", values: [1, 0, 0] } as const;

test("a figure's median, worst value and spread", () => {
  expect(summaryOf(gap)).toEqual({ median: 25, worst: 220.04, spread: 210.04 });
});

test("the table has its numbers below each other", () => {
  expect(figuresTable([gap, lost])).toBe(
    [
      "              median   worst  spread",
      "gap            25 ms  220 ms  210 ms",
      "lost queries       0       1       1",
    ].join("\n"),
  );
});
