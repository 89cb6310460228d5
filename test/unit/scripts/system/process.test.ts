import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { isThere, ownIdentity } from "../../../../scripts/lib/system/process.ts";

test("this process is there, and no other one that had or will have its pid", () => {
  const own = ownIdentity();
  expect(own.bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(isThere(own)).toBe(true);
  expect(isThere({ ...own, processStart: "1" })).toBe(false);
  expect(isThere({ ...own, processStart: null })).toBe(false);
});

test("a process that has ended is not there, and nothing says when it began", () => {
  const { pid } = spawnSync("true");
  expect(isThere({ pid, processStart: null })).toBe(false);
  expect(isThere({ pid, processStart: ownIdentity().processStart })).toBe(false);
});
