import { expect, test } from "vitest";
import { parseCpuUsage, parseMeasured } from "../../benchmark/database/measurement.ts";

test("processor time is read from both versions of control groups", () => {
  expect(parseCpuUsage("43332142977\n")).toBeCloseTo(43.332, 3);
  expect(parseCpuUsage("usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n")).toBe(2.5);
  expect(() => parseCpuUsage("cat: no such file")).toThrow("not the statistics of a control group: cat");
});

test("a measured command's figures come before what it printed", () => {
  expect(parseMeasured("1500000000 42000\na\nb\n")).toEqual({
    nanoseconds: 1_500_000_000,
    kilobytes: 42_000,
    output: "a\nb\n",
  });
  expect(() => parseMeasured("sh: time: not found\n")).toThrow("nothing was measured: sh: time");
});
