import { expect, test } from "vitest";
import { afterSecondTry, outcomeOf, secondTry } from "../report.ts";

type File = { name: string; failed?: string[]; status?: string };

const reportOf = (passed: number, files: File[]): string =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: files.flatMap(({ failed = [] }) => failed).length,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: files.map(({ name, failed = [], status }) => ({
      name,
      status: status ?? (failed.length > 0 ? "failed" : "passed"),
      assertionResults: failed.map((fullName) => ({ fullName, status: "failed" })),
    })),
  });

const good = outcomeOf(reportOf(5, [{ name: "a" }]), 0);

test("a run without failures is not tried again", () => {
  expect(good).toEqual({ passed: 5, failed: 0, skipped: 1, failedFiles: [] });
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
