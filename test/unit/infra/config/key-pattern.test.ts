import { expect, test } from "vitest";
import { matchesKey } from "../../../../infra/config/key-pattern.ts";

test("a pattern matches whole keys, and only * is special", () => {
  expect(matchesKey("web-*", "web-1")).toBe(true);
  expect(matchesKey("web-*", "other-web-1")).toBe(false);
  expect(matchesKey("*.example.com", "db.example.com")).toBe(true);
  expect(matchesKey("*.example.com", "dbXexampleXcom")).toBe(false);
  expect(matchesKey("web-1", "web-1")).toBe(true);
});
