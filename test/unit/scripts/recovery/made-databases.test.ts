import { describe, expect, test } from "vitest";
import {
  previousName,
  rehearsalName,
  restoringName,
} from "../../../../scripts/lib/postgres/database-names.ts";
import { leftoverDatabases } from "../../../../scripts/lib/recovery/leftover-databases.ts";
import { expiredPrevious } from "../../../../scripts/lib/recovery/previous-databases.ts";

const live = "shop_production";
const newest = new Date("2026-03-20T02:00:00Z");
const old = previousName(live, "20260301T120000-aaaaaa");
const recent = previousName(live, "20260315T120000-bbbbbb");

describe("the databases that a later backup drops", () => {
  test.each([
    ["one that is older than the days it is kept", [old], [old]],
    ["not one that may still be rolled back to", [recent], []],
    ["not one that is being filled, however old", [restoringName(live, "20260301T120000-aaaaaa")], []],
    ["not another database's", [previousName("shop", "20260301T120000-aaaaaa")], []],
    ["nothing that only resembles our names", [`${live}_previous`, `${live}_previous_2026`, live], []],
  ])("%s", (_, names, gone) => {
    expect(expiredPrevious(names, live, 7, newest)).toEqual(gone);
  });

  test("none while no newer backup was verified", () => {
    expect(expiredPrevious([old], live, 7, new Date("2026-03-01T12:00:01Z"))).toEqual([]);
  });
});

test("left by crashed runs is what a restore or rehearsal of this database was filling, but not this run itself", () => {
  const run = "20260301T120000-aaaaaa";
  const left = [restoringName(live, run), rehearsalName(live, run)];
  const others = [recent, restoringName("shop", run), restoringName(live, "20260302T120000-cccccc"), live];
  expect(leftoverDatabases([...others, ...left], live, ["20260302T120000-cccccc"])).toEqual(left);
});
