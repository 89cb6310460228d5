import { describe, expect, test } from "vitest";
import { type CommandLine, parseArguments } from "../../../../scripts/lib/program/arguments.ts";
import { parseMoment } from "../../../../scripts/lib/program/moment.ts";
import { changedTables, changesText } from "../../../../scripts/lib/restore/changes.ts";
import { backupAt, noBackupAt } from "../../../../scripts/lib/restore/moment.ts";
import { readRequest, restoreOptions } from "../../../../scripts/lib/restore/request.ts";
import { chooseTables, displayName, parseTables } from "../../../../scripts/lib/restore/table-names.ts";
import type { Backup } from "../../../../scripts/lib/store/backups.ts";
import { offsetOf } from "../../../../scripts/lib/time/wall-clock.ts";

const berlin = offsetOf("Europe/Berlin");

describe("--at", () => {
  test.each([
    ["2026-11-22T02:00:00Z", "2026-11-22T02:00:00.000Z"],
    ["2026-11-22T02:00Z", "2026-11-22T02:00:00.000Z"],
    ["2026-11-22T02:00:00.123Z", "2026-11-22T02:00:00.000Z"],
    ["2026-11-22T02:00:00+05:30", "2026-11-21T20:30:00.000Z"],
    ["2026-11-22 03:00", "2026-11-22T02:00:00.000Z"],
    ["2026-07-22 03:00:30", "2026-07-22T01:00:30.000Z"],
    ["20261122_020000", "2026-11-22T02:00:00.000Z"],
  ])("%s is %s in Berlin", (text, instant) => {
    expect(parseMoment(text, berlin).toISOString()).toBe(instant);
  });

  test.each([
    ["yesterday", "is not a valid time; use 2026-11-22T02:00:00Z"],
    ["2026-11-22", "is not a valid time"],
    ["2026-02-30 10:00", "is not a valid time"],
    ["2026-11-22 25:00", "is not a valid time"],
    ["20261322_020000", "is not a valid time"],
    ["2026-11-22T02:00+99:00", "is not a valid time"],
    ["", "is not a valid time"],
    ["2026-03-29 02:30", "the clocks skip it"],
    ["2026-10-25 02:30", "use 2026-10-25T00:30:00.000Z or 2026-10-25T01:30:00.000Z"],
  ])("%j is refused in Berlin", (text, reason) => {
    expect(() => parseMoment(text, berlin)).toThrow(reason);
  });

  const backup = (takenAt: string, verified = true) =>
    ({
      archivePath: `/b/${takenAt}`,
      stem: `shop_${takenAt.slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_")}`,
      takenAt: new Date(takenAt),
      verified,
    }) as Backup;
  const backups = [
    backup("2026-11-22T02:00:00.700Z"),
    backup("2026-11-21T02:00:00.100Z", false),
    backup("2026-11-20T02:00:00.900Z"),
  ];
  test.each([
    ["2026-12-01T00:00:00Z", "/b/2026-11-22T02:00:00.700Z"],
    ["2026-11-22T02:00:00Z", "/b/2026-11-22T02:00:00.700Z"],
    ["2026-11-22T01:59:59Z", "/b/2026-11-20T02:00:00.900Z"],
    ["2026-11-20T01:59:59Z", undefined],
  ])("%s takes the newest verified backup from then or before", (moment, path) => {
    expect(backupAt(backups, new Date(moment), moment)?.archivePath).toBe(path);
  });

  test("a backup that waited for locks is of its snapshot's moment, not of its name's", () => {
    const [newest, , older] = backups as [Backup, Backup, Backup];
    const waited = { ...newest, manifest: { snapshotAt: "2026-11-22T02:04:00.000Z" } } as Backup;
    const chosen = (time: string) => backupAt([waited, older], parseMoment(time), time);
    expect(chosen("2026-11-22T02:03:59Z")).toBe(older);
    expect(chosen("2026-11-22T02:04:00Z")).toBe(waited);
    // Unless the name itself is given.
    expect(chosen("20261122_020000")).toBe(waited);
    expect(chosen("20261122_020001")).toBe(older);
  });

  test("without one, the message says which is the oldest", () => {
    const none = (known: Backup[]) => noBackupAt(known, new Date("2026-01-01T00:00:00Z"), "shop");
    expect(none(backups)).toMatch(
      /2026-01-01 00:00:00 UTC.* or before; the oldest is of 2026-11-20 02:00:00/,
    );
    expect(none([])).toContain("there is none at all");
  });
});

describe("--table", () => {
  const named = (value: string) => parseTables(value).map(({ parts }) => parts.map(({ text }) => text));
  test.each([
    ["users", [["users"]]],
    ["public.users, lessons", [["public", "users"], ["lessons"]]],
    ['"a.b"."c,d"', [["a.b", "c,d"]]],
    ['"Ämter & ""Würden"""', [['Ämter & "Würden"']]],
    ["order items", [["order items"]]],
  ])("%s", (value, tables) => {
    expect(named(value)).toEqual(tables);
  });

  test.each(["", " ", "a.b.c", 'a"b', '"a', ".a", "a.", "a,,b"])("%j is refused", (value) => {
    expect(() => parseTables(value)).toThrow("is not [SCHEMA.]TABLE");
  });

  const present = [
    { schema: "public", name: "users" },
    { schema: "public", name: "Lessons" },
    { schema: "Reporting", name: "users" },
    { schema: "public", name: "daily" },
    { schema: "public", name: "DAILY" },
  ];
  const chosen = (value: string) => chooseTables(parseTables(value), present, "it").map(displayName);
  test.each([
    ["public.users", ["public.users"]],
    ["PUBLIC.USERS", ["public.users"]],
    ["Lessons,Lessons", ['public."Lessons"']],
    ["daily", ["public.daily"]],
    ["DAILY", ['public."DAILY"']],
    ["Reporting.users", ['"Reporting".users']],
  ])("%s means %j", (value, tables) => {
    expect(chosen(value)).toEqual(tables);
  });
  test.each([
    ["users", "could be public.users and"],
    ["lesson", 'there is no table lesson in it; there is public."Lessons"'],
    ['"PUBLIC".users', "there is no table"],
    ["nothing", "there is no table nothing in it"],
    ["public.users,Reporting.users", "have one name: restore them one after the other"],
  ])("%s is refused", (value, reason) => {
    expect(() => chosen(value)).toThrow(reason);
  });
});

describe("what a call asks for", () => {
  const commandLine: CommandLine = {
    program: "restore_database",
    summary: "",
    operands: { placeholder: "FILE", description: "", minimum: 0, maximum: 1 },
    options: restoreOptions,
    exitCodes: [],
  };
  const request = (words: string) =>
    readRequest(parseArguments(commandLine, words.split(" ").filter(Boolean)));

  test.each([
    ["file", { action: "replace", operand: "file", at: null, dryRun: false, confirmed: false }],
    ["--yes --in-place file", { action: "in-place", confirmed: true }],
    ["--dry-run --into copy file", { action: "into", into: "copy", dryRun: true }],
    ["--at 20261122_020000 --database shop", { action: "replace", operand: null, database: "shop" }],
    ["--table a --table b,c file", { action: "table", tables: [{}, {}, {}] }],
    ["--verify-only --at 20261122_020000", { action: "verify-only" }],
    ["--rollback", { action: "rollback", operand: null }],
    ["--rollback kept --dry-run", { action: "rollback", operand: "kept", dryRun: true }],
    ["--list", { action: "list" }],
    ["--into x --keep-going file", { action: "into", into: "x", keepGoing: true }],
    ["--into x file", { action: "into", keepGoing: false }],
  ])("%s", (words, expected) => {
    expect(request(words)).toMatchObject(expected);
  });

  const exclusive = ["--in-place", "--into x", "--table x", "--verify-only", "--rollback", "--list"];
  test.each(exclusive.flatMap((one, index) => exclusive.slice(index + 1).map((other) => [one, other])))(
    "%s and %s exclude each other",
    (one, other) => {
      const [first, second] = [one, other].map((option) => option.split(" ")[0]);
      expect(() => request(`${one} ${other} file`)).toThrow(`${first} and ${second} exclude each other`);
    },
  );

  test.each([
    ["", "name the backup, or use --latest or --at"],
    ["--into x", "name the backup"],
    ["--into= file", "--into needs a name"],
    ["--at 20261122_020000 file", "leave file out"],
    ["--at 20261122_020000 --rollback", "--at and --rollback exclude"],
    ["--at 20261122_020000 --list", "--at and --list exclude"],
    ["--at noon", "is not a valid time"],
    ["--table a.b.c file", "is not [SCHEMA.]TABLE"],
    ["--list file", "--list takes no file"],
    ["--keep-going file", "--keep-going needs --into NAME"],
    ["--keep-going --in-place file", "--keep-going needs --into NAME"],
    ["--keep-going --table a file", "--keep-going needs --into NAME"],
    ["--keep-going --rollback", "--keep-going needs --into NAME"],
  ])("%s is refused", (words, reason) => {
    expect(() => request(words)).toThrow(reason);
  });
});

describe("what a restore changed", () => {
  const table = (name: string, rows: number, hash: string | null = null) => ({
    schema: "public",
    name,
    rows,
    hash,
  });
  const change = (name: string, rowsThen: number | null, rowsNow: number | null) => ({
    schema: "public",
    name,
    rowsThen,
    rowsNow,
  });
  test.each([
    ["the same", [table("a", 1, "5")], [table("a", 1, "5")], [], "every table has what it had"],
    ["more", [table("a", 0)], [table("a", 1200)], [change("a", 0, 1200)], "0 rows, now 1,200 (+1,200)"],
    ["fewer", [table("a", 2)], [table("a", 1)], [change("a", 2, 1)], "2 rows, now 1 (−1)"],
    ["other content", [table("a", 2, "5")], [table("a", 2, "6")], [change("a", 2, 2)], "with other content"],
    ["rows alone", [table("a", 2, "5")], [table("a", 2)], [], "every table has what it had"],
    ["new", [table("a", 2)], [], [change("a", 2, null)], "2 rows, is not there now"],
    ["gone", [], [table("a", 2)], [change("a", null, 2)], "was not there, now 2 rows"],
  ])("%s", (_, then, now, changes, text) => {
    expect(changedTables(then, now)).toEqual(changes);
    expect(changesText(changes).join("\n")).toContain(text);
  });

  test("many are counted, not shown", () => {
    const many = Array.from({ length: 25 }, (_, index) => change(`t${index}`, 1, 2));
    expect(changesText(many)).toHaveLength(21);
    expect(changesText(many).at(-1)).toBe("  and 5 tables more");
  });
});
