import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../../../scripts/contract/run-record.ts";
import { runsIn } from "../../../../scripts/lib/history/runs.ts";
import { beginning, record } from "./suite.ts";

const at = (hour: number): Pick<RunRecord, "began" | "runId"> => ({
  began: `2026-11-22T0${hour}:00:00.000Z`,
  runId: `run-${hour}`,
});
const outcomes = (records: readonly RunRecord[], living: readonly string[] = []) =>
  runsIn(records, ({ runId }) => living.includes(runId)).map(({ runId, outcome }) => `${runId} ${outcome}`);

describe("runs of records", () => {
  test("a beginning and its end are one run, in the order of the beginnings", () => {
    const records = [beginning(at(1)), beginning(at(2)), record(at(2)), record(at(1))];
    expect(outcomes(records)).toEqual(["run-1 succeeded", "run-2 succeeded"]);
  });

  test("a beginning without an end is a run that is at work, or one that crashed", () => {
    expect(outcomes([beginning(at(1)), beginning(at(2))], ["run-2"])).toEqual([
      "run-1 crashed",
      "run-2 at-work",
    ]);
  });

  test("an end needs no beginning", () => {
    expect(outcomes([record(at(1))])).toEqual(["run-1 succeeded"]);
  });

  test("an end decides, at any position", () => {
    expect(outcomes([record(at(1)), beginning(at(1))])).toEqual(["run-1 succeeded"]);
  });

  test("an end without an outcome is no success", () => {
    expect(outcomes([record({ ...at(1), outcome: null })])).toEqual(["run-1 failed"]);
  });

  test("each database of a run is a run, and so is each program's", () => {
    const records = [
      record({ ...at(1), outcome: "failed" }),
      record({ ...at(1), database: "blog" }),
      record({ ...at(1), program: "prune_backups" }),
    ];
    expect(outcomes(records)).toHaveLength(3);
  });

  test("what a later version records besides is no run", () => {
    expect(outcomes([record({ ...at(1), event: "other" })])).toEqual([]);
  });
});
