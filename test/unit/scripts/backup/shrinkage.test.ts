import { describe, expect, test } from "vitest";
import { type BackupSize, predecessors, shrinkage } from "../../../../scripts/lib/backup/shrinkage.ts";
import type { Backup } from "../../../../scripts/lib/store/backups.ts";
import { backup, now } from "../status/observations.ts";

const size = (
  bytes: number,
  tables: Record<string, number> | null,
  format: BackupSize["archive"]["format"] = "plain-gzip",
): BackupSize => {
  const rows = Object.entries(tables ?? {}).map(([name, count]) => ({ schema: "public", name, rows: count }));
  return {
    archive: { bytes, format },
    totals:
      tables === null
        ? null
        : { tables: rows.length, rows: rows.reduce((total, table) => total + table.rows, 0) },
    content: tables === null ? null : { tables: rows },
  };
};
const usual = size(1_000_000, { users: 1_800, lessons: 200, tags: 10, notes: 0 });

describe("what shrank", () => {
  test.each<[string, BackupSize, BackupSize[], string[] | null]>([
    ["the first backup", size(10, { users: 1 }), [], null],
    ["the same", usual, [usual, usual], null],
    ["larger", size(9e6, { users: 9_000, lessons: 1, tags: 1, notes: 1 }), [usual], null],
    [
      "smaller by less than half",
      size(510_000, { users: 1_100, lessons: 1, tags: 1, notes: 1 }),
      [usual],
      null,
    ],
    [
      "half the bytes",
      size(500_000, { users: 1_800, lessons: 200, tags: 10, notes: 0 }),
      [usual],
      ["size 50 % smaller than usual: 500 kB, usually 1.0 MB"],
    ],
    [
      "rows of one table",
      size(900_000, { users: 5, lessons: 200, tags: 10, notes: 0 }),
      [usual],
      [
        "rows 89 % smaller than usual: 215 rows, usually 2,010 rows; most of it in public.users 5 after 1,800",
      ],
    ],
    [
      "tables, that are named",
      size(900_000, { users: 2_000 }),
      [usual],
      [
        "tables 75 % smaller than usual: 1 table, usually 4 tables; gone public.lessons, public.tags, public.notes",
      ],
    ],
    [
      "beside the median, not beside the last one",
      size(400_000, null),
      [size(400_000, null), usual, usual],
      ["size 60 % smaller than usual: 400 kB, usually 1.0 MB"],
    ],
    ["by another compression", size(400_000, null, "plain-zstd"), [usual, usual], null],
    [
      "beside those of the same compression",
      size(400_000, null),
      [size(400_000, null, "plain-zstd"), size(400_000, null, "plain-zstd"), usual],
      ["size 60 % smaller than usual: 400 kB, usually 1.0 MB"],
    ],
    ["an adopted one tells its size only", size(999_999, { users: 0 }), [size(1_000_000, null)], null],
    ["everything was empty before", size(10, { users: 0 }), [size(10, { users: 0 })], null],
  ])("%s", (_, newest, earlier, expected) => {
    expect(shrinkage(newest, earlier, 50)).toEqual(expected);
  });

  test("many tables are counted, not listed", () => {
    const many = size(1_000_000, Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`t${n}`, 1])));
    expect(shrinkage(size(1_000_000, { t0: 30 }), [many], 50)?.[0]).toMatch(/public\.t5 and 24 more$/);
  });
});

describe("what a backup is compared with", () => {
  const taken = (hours: number, change: Partial<Backup> = {}): Backup => ({
    ...backup({ hoursAgo: hours }),
    ...change,
  });
  const stems = (backups: Backup[]) => predecessors(backups, now).map(({ createdAt }) => hoursOf(createdAt));
  const hoursOf = (time: string) => (now.getTime() - Date.parse(time)) / 3_600_000;
  const flagged = (hours: number) => backup({ hoursAgo: hours, shrunk: ["rows"] });
  const accepted = (hours: number) => ({ ...flagged(hours), shrunk: false });

  test.each<[string, Backup[], number[]]>([
    ["the last seven", [9, 8, 7, 6, 5, 4, 3, 2, 1].map((hours) => taken(hours)), [1, 2, 3, 4, 5, 6, 7]],
    ["not one of the future", [taken(-5), taken(1)], [1]],
    ["not what a restore made", [taken(1, { class: "pre-restore" }), taken(2)], [2]],
    ["not a damaged one", [taken(1, { verified: false }), taken(2)], [2]],
    ["not one that shrank itself", [flagged(1), flagged(2), taken(3)], [3]],
    ["an accepted one, and nothing before it", [taken(1), accepted(2), taken(3)], [1, 2]],
  ])("%s", (_, backups, expected) => {
    expect(stems(backups)).toEqual(expected);
  });
});
