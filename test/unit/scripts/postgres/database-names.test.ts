import fc from "fast-check";
import { expect, test } from "vitest";
import {
  previousName,
  recogniseDatabase,
  rehearsalName,
  restoringName,
  runStart,
} from "../../../../scripts/lib/postgres/database-names.ts";

const runId = "20261122T020000-4f2a1b";
const names = fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => !name.includes("\0"));

test("names of any database fit and are recognised as that database's", () => {
  fc.assert(
    fc.property(names, (live) => {
      for (const [kind, made] of [
        ["restoring", restoringName(live, runId)],
        ["previous", previousName(live, runId)],
        ["rehearsal", rehearsalName(live, runId)],
      ]) {
        expect(Buffer.byteLength(made ?? "")).toBeLessThanOrEqual(63);
        expect(recogniseDatabase(live, made ?? "")).toEqual({ kind, runId });
      }
    }),
  );
});

test("names made for one database are never taken for another's", () => {
  fc.assert(
    fc.property(names, names, (one, other) => {
      fc.pre(one !== other);
      expect(recogniseDatabase(other, restoringName(one, runId))).toBeNull();
    }),
  );
});

test.each([
  ["the live database itself", "app"],
  ["another database that begins like it", "app_restoring"],
  ["a name without a run's id", "app_restoring_tomorrow"],
  ["a name with more after the run's id", `app_restoring_${runId}_2`],
  ["a longer database's", `app_production_restoring_${runId}`],
])("%s is not ours", (_, candidate) => {
  expect(recogniseDatabase("app", candidate)).toBeNull();
});

test("a long name is cut between characters", () => {
  expect(previousName("ü".repeat(31), runId)).toMatch(/^ü{10}~[0-9a-f]{8}_previous_/);
});

test("a run's id tells its start", () => {
  expect(runStart(runId).toISOString()).toBe("2026-11-22T02:00:00.000Z");
});
