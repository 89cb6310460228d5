import { expect, test } from "vitest";
import { UsageError } from "../../../../scripts/lib/base/errors.ts";
import type { Log } from "../../../../scripts/lib/program/log.ts";
import { isRefusal, rememberingBeginning } from "../../../../scripts/lib/restore/beginning.ts";
import { RestoreError, type RestoreErrorKind } from "../../../../scripts/lib/restore/errors.ts";

const refused: RestoreErrorKind[] = ["unfit-file", "obstacle", "no-space", "not-confirmed"];
const failed: RestoreErrorKind[] = [
  ...(["bad-file", "load", "check", "swap"] as const),
  ...(["unknown", "put-back", "not-put-back"] as const),
];

test("a restore that a person declines or cannot make is refused; all else has failed", () => {
  for (const kind of refused) expect(isRefusal(new RestoreError(kind, "x")), kind).toBe(true);
  for (const kind of failed) expect(isRefusal(new RestoreError(kind, "x")), kind).toBe(false);
  expect(isRefusal(new UsageError("x"))).toBe(true);
  expect(isRefusal(new Error("x"))).toBe(false);
});

test("a restore has begun with the line that says so, and every line is logged", () => {
  const lines: string[] = [];
  const original: Log = {
    runId: "r",
    problem: "full",
    event: (...words) => void lines.push(words.join(" ")),
    record: (...words) => void lines.push(words.join(" ")),
    close: () => void lines.push("closed"),
  };
  const { log, hasBegun } = rememberingBeginning(original);
  log.event("info", "app", "a file is restored on trial");
  expect(hasBegun()).toBe(false);
  log.event("info", "app", "restore started: x into app");
  log.record("error", null, "y");
  log.close();
  expect(hasBegun()).toBe(true);
  expect(log).toMatchObject({ runId: "r", problem: "full" });
  expect(lines).toEqual([
    "info app a file is restored on trial",
    "info app restore started: x into app",
    "error  y",
    "closed",
  ]);
});
