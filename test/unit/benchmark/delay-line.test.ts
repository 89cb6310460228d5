import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DelayLine } from "../../benchmark/provisioning/delay-line.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("what is handed over happens at its moment, in order", () => {
  const line = new DelayLine();
  const done: string[] = [];
  const now = performance.now();
  line.add(now + 20, () => done.push("first"));
  line.add(now + 10, () => done.push("second, due before the first"));
  line.add(now + 30, () => done.push("third"));
  vi.advanceTimersByTime(19);
  expect(done).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(done).toEqual(["first", "second, due before the first"]);
  vi.advanceTimersByTime(10);
  expect(done).toHaveLength(3);
});

test("a line continues after it was empty", () => {
  const line = new DelayLine();
  const done: number[] = [];
  for (const number of [1, 2]) {
    line.add(performance.now() + 5, () => done.push(number));
    vi.advanceTimersByTime(5);
  }
  expect(done).toEqual([1, 2]);
});
