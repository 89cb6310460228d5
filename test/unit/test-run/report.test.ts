import { expect, test } from "vitest";
import { afterSecondTry, outcomeOf, passedLater, secondTry } from "../../report.ts";

type File = { name: string; failed?: string[]; status?: string; seconds?: number };

const reportOf = (passed: number, files: File[]): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: files.flatMap(({ failed = [] }) => failed).length,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: files.map(({ name, failed = [], status, seconds = 1 }) => ({
      name,
      startTime: 1_000,
      endTime: 1_000 + seconds * 1000,
      status: status ?? (failed.length > 0 ? "failed" : "passed"),
      assertionResults: failed.map((fullName) => ({ fullName, status: "failed" })),
    })),
  });

const good = outcomeOf(reportOf(5, [{ name: "a" }]), 0);

test("a run without failures is not tried again", () => {
  expect(good).toEqual({
    ...{ passed: 5, failed: 0, skipped: 1, failedFiles: [] },
    files: [{ path: "a", seconds: 1 }],
  });
  expect(secondTry(good)).toEqual([]);
});

test("an error outside of every test fails the run and cannot be tried again", () => {
  const outcome = outcomeOf(reportOf(5, [{ name: "a" }]), 1);
  expect(outcome.failed).toBe(1);
  expect(secondTry(outcome)).toEqual([]);
});

test("what fails twice has failed, what passes the second time has passed", () => {
  const first = outcomeOf(
    reportOf(8, [
      { name: "a", failed: ["one", "two"] },
      { name: "b", failed: ["three"] },
    ]),
    1,
  );
  expect(secondTry(first)).toEqual(["a", "b"]);
  const again = outcomeOf(reportOf(4, [{ name: "a", failed: ["two"] }, { name: "b" }]), 1);
  expect(afterSecondTry(first, again)).toMatchObject({ passed: 10, failed: 1, skipped: 1 });
  expect(afterSecondTry(first, outcomeOf(reportOf(5, [{ name: "a" }]), 0))).toMatchObject({
    passed: 11,
    failed: 0,
  });
});

test("a file that could not be loaded is one failure until it can", () => {
  const first = outcomeOf(reportOf(8, [{ name: "a", status: "failed" }]), 1);
  expect(first.failed).toBe(1);
  expect(secondTry(first)).toEqual(["a"]);
  expect(afterSecondTry(first, first).failed).toBe(1);
  expect(afterSecondTry(first, good).failed).toBe(0);
});

test("an error outside of every test stays one, whatever the second try says of the files", () => {
  const first = { ...outcomeOf(reportOf(8, [{ name: "a", failed: ["one"] }]), 1), failed: 2 };
  expect(afterSecondTry(first, good).failed).toBe(1);
});

test("a run in which much fails is not tried again", () => {
  const files = ["a", "b", "c", "d", "e"].map((name) => ({ name, failed: ["one"] }));
  expect(secondTry(outcomeOf(reportOf(8, files), 1))).toEqual([]);
});

test("files are reported with their time, the longest first", () => {
  const files = [
    { name: "a", seconds: 2 },
    { name: "b", seconds: 31.5 },
  ];
  expect(outcomeOf(reportOf(2, files), 0).files).toEqual([
    { path: "b", seconds: 31.5 },
    { path: "a", seconds: 2 },
  ]);
});

test("of the files that ran twice those are named that passed the second time", () => {
  const first = outcomeOf(
    reportOf(0, [
      { name: "a", failed: ["one"] },
      { name: "b", failed: ["two"] },
      { name: "c", failed: ["three"] },
    ]),
    1,
  );
  const again = outcomeOf(reportOf(1, [{ name: "a" }, { name: "b", failed: ["two"] }]), 1);
  expect(passedLater(first, again)).toEqual([{ path: "a", tests: ["one"] }]);
});
