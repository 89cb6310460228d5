import { describe, expect, test } from "vitest";
import type { CopiesState } from "../../../../scripts/contract/copies.ts";
import { decideCopies, dueCopies } from "../../../../scripts/lib/retention/copies.ts";
import { backup, hoursAgo, now } from "../status/observations.ts";

const place = { retention: { days: 10, daily: 0, weekly: 0, monthly: 0, yearly: 0 } };
const day = 24;
const copied = (...days: number[]): CopiesState => ({
  ...{ version: 1, store: "objects", place: "s3", listedAt: null, damaged: [] },
  copies: Object.fromEntries(
    days.map((ago) => [
      `shop_${ago * day}`,
      {
        ...{ database: "shop", takenAt: hoursAgo(ago * day).toISOString(), bytes: 100, level: "full" },
        verifiedAt: hoursAgo(ago * day).toISOString(),
      },
    ]),
  ),
});
const local = (...days: number[]) => days.map((ago) => backup({ hoursAgo: ago * day }));
const due = (state: CopiesState, days: number[], database = "shop") =>
  dueCopies(state, database, local(...days), place, now).map(({ stem }) => stem);

describe("what a store is to get", () => {
  test("is what it lacks and would keep, oldest first", () => {
    expect(due(copied(), [0, 3, 9])).toEqual(["shop_216", "shop_72", "shop_0"]);
    expect(due(copied(3), [0, 3, 9])).toEqual(["shop_216", "shop_0"]);
  });

  test("is not what the store's retention has removed, or would remove at once", () => {
    expect(due(copied(0), [0, 11, 40])).toEqual([]);
    // Age is counted from the newest, also where only the store has it.
    expect(due(copied(0), [11])).toEqual([]);
    expect(due(copied(), [11])).toEqual(["shop_264"]);
  });

  test("is nothing that it would remove at once, pinned here or not", () => {
    const [newest, old] = local(0, 40);
    if (newest === undefined || old === undefined) throw new Error("two backups");
    expect(dueCopies(copied(0), "shop", [newest, { ...old, pinned: true }], place, now)).toEqual([]);
  });
});

test("a store keeps its newest copy, whatever its age", () => {
  const old = hoursAgo(400 * day);
  const [decision] = decideCopies(
    [{ stem: "shop_1", takenAt: old, class: "regular", bytes: 1, shrunk: false, isWhole: true }],
    place,
    now,
  );
  expect(decision).toMatchObject({ keep: true });
});
