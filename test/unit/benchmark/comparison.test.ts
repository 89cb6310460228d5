import { expect, test } from "vitest";
import { inPairs } from "../../benchmark/comparison/pairs.ts";
import { comparisonText, spreadOf, verdictOf } from "../../benchmark/comparison/verdict.ts";

const samples = (...values: number[]) => values.map((seconds) => ({ seconds }));

test("the spread is the middle half, so one outlier does not change it", () => {
  expect(spreadOf([1, 2, 3, 4, 100])).toEqual({ low: 2, median: 3, high: 4 });
  expect(spreadOf([1, 2])).toEqual({ low: 1.25, median: 1.5, high: 1.75 });
  expect(spreadOf([])).toBeNull();
});

test("a figure is worse or better where the spreads do not touch", () => {
  const theirs = { low: 10, median: 11, high: 12 };
  expect(verdictOf({ low: 12, median: 13, high: 14 }, theirs)).toBe("same");
  expect(verdictOf({ low: 12.1, median: 13, high: 14 }, theirs)).toBe("worse");
  expect(verdictOf({ low: 8, median: 9, high: 9.9 }, theirs)).toBe("better");
  const [size, larger] = [1000, 1001].map((bytes) => ({ low: bytes, median: bytes, high: bytes }));
  expect(size && larger && verdictOf(larger, size)).toBe("same");
});

test("what is worse is named", () => {
  const same = { what: "backup", ours: samples(1, 1, 2), theirs: samples(1, 1, 2) };
  const slower = { what: "restore", ours: samples(3, 3, 3), theirs: samples(2, 2, 2) };
  expect(comparisonText([same])).toMatch(/\n\nNo figure is worse outside the spread\.$/);
  const text = comparisonText([same, slower]);
  expect(text).toMatch(/^restore +3\.000 s +3\.000 s to 3\.000 s +2\.000 s .* 1\.500 × +worse$/m);
  expect(text).toMatch(/\n\nWorse outside the spread: restore$/);
});

test("each pair begins with the other side, and the first is not counted", async () => {
  const done: string[] = [];
  const side = (name: string) =>
    ["first", "second"].map((work) => ({
      name: work,
      run: async () => ({ seconds: done.push(`${name} ${work}`) }),
    }));
  const compared = await inPairs(side("ours"), side("theirs"), 1);
  expect(done).toEqual([
    ...["ours first", "theirs first", "ours second", "theirs second"],
    ...["theirs first", "ours first", "theirs second", "ours second"],
  ]);
  expect(compared).toEqual([
    { what: "first", ours: samples(6), theirs: samples(5) },
    { what: "second", ours: samples(8), theirs: samples(7) },
  ]);
});
