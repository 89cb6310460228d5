import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments } from "../../../../scripts/contract/command-line.ts";
import { readCopyRequest } from "../../../../scripts/lib/copies/request.ts";
import { type Local, makeLocal } from "./local.ts";

let local: Local;
beforeAll(() => {
  local = makeLocal();
});
afterAll(() => rmSync(local.directory, { recursive: true }));

/** As `copy_backups` would be called; flags are names alone. */
function read(flags: string[], values: Record<string, string> = {}, operands: string[] = []) {
  const given: Arguments = {
    flag: (name) => flags.includes(name),
    value: (name) => values[name],
    values: () => [],
    operands,
  };
  return readCopyRequest(given, local.settings);
}

test("without options every store is brought up to date", () => {
  expect(read([])).toMatchObject({ action: "copy", newest: false, takesOver: false, database: null });
  expect(read([]).stores.map(({ name }) => name)).toEqual(["objects"]);
});

test("a backup is fetched by its name, or as the newest of a database until a moment", () => {
  expect(read(["fetch"], {}, ["shop_20261122_020000"])).toMatchObject({
    ...{ action: "fetch", name: "shop_20261122_020000", database: null, before: null },
  });
  expect(read(["fetch"], { database: "shop", at: "20261122_020000" })).toMatchObject({
    ...{ action: "fetch", name: null, database: "shop", before: new Date("2026-11-22T02:00:00Z") },
  });
});

describe("what cannot be meant is refused, with what can", () => {
  test.each<[string, Parameters<typeof read>, RegExp]>([
    ["an unknown store", [[], { store: "nas" }], /no store nas; the settings have objects/],
    [
      "an unknown database",
      [["list"], { database: "shoop" }],
      /no database shoop; the settings have shop, blog/,
    ],
    ["two actions", [["list", "prune"]], /exclude each other/],
    ["a name without --fetch", [[], {}, ["shop_1"]], /need --fetch/],
    ["a moment without --fetch", [["list"], { at: "20261122_020000" }], /need --fetch/],
    ["a name and a moment", [["fetch"], { at: "20261122_020000" }, ["shop_1"]], /leave shop_1 out, or --at/],
    ["one of several databases, not named", [["fetch"]], /say which with --database: shop, blog/],
    ["a dry run of copying", [["dry-run"]], /--dry-run needs --prune/],
    ["the newest of a listing", [["list", "newest"]], /--newest is for copying/],
  ])("%s", (_, call, reason) => {
    expect(() => read(...call)).toThrow(reason);
  });
});
