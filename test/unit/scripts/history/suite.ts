import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../../../scripts/contract/run-record.ts";
import { longestRunRecord, runRecordLine } from "../../../../scripts/contract/write-record.ts";
import type { RunRecords } from "../../../../scripts/lib/history/records.ts";

/** Records to be tested, with access to their storage. */
export interface Subject {
  records: RunRecords;
  /** Opens the same records as another program. */
  again(): RunRecords;
  /** Appends a text to the newest month, like a crash or a foreign program. */
  spoil(text: string): void;
  /** Makes every write and read fail. */
  destroy(): void;
}

export function record(change: Partial<RunRecord> = {}): RunRecord {
  const began = "2026-11-22T02:00:00.000Z";
  return {
    version: 1,
    event: "ended",
    program: "backup_database",
    programsVersion: "0.1.0",
    server: "cloud.example.com",
    database: "shop",
    action: null,
    runId: "20261122T020000-4f2a1b",
    bootId: "0c7f6c0e-6a4e-4f0e-9a43-1f1d4c9a2b10",
    pid: 4711,
    processStart: "123456",
    began,
    ended: "2026-11-22T02:00:09.500Z",
    durationSeconds: 9.5,
    outcome: "succeeded",
    exitCode: 0,
    file: "shop_20261122_020000.sql.gz",
    bytes: 1_000,
    databaseBytes: 9_000,
    removed: 1,
    error: null,
    ...change,
  };
}

export const beginning = (change: Partial<RunRecord> = {}): RunRecord =>
  record({
    ...{ event: "began", ended: null, durationSeconds: null, outcome: null, exitCode: null, file: null },
    ...{ bytes: null, databaseBytes: null, removed: null },
    ...change,
  });

const now = new Date("2026-11-22T12:00:00Z");
const at = (month: string, change: Partial<RunRecord> = {}) =>
  record({ began: `${month}-05T02:00:00.000Z`, ended: `${month}-05T02:00:01.000Z`, ...change });
const idsOf = (records: RunRecords, from?: string) =>
  records.read({ now, ...(from === undefined ? {} : { from }) }).records.map(({ runId }) => runId);

/** The contract of every implementation of run records; see `RunRecords`. */
export function keepsTheContract(name: string, make: () => Subject): void {
  describe(name, () => {
    test("returns the records in their order, also to another program", () => {
      const { records, again } = make();
      const error = { kind: "failed", text: 'no "space"\n\u0007 left \u{1f4a5}' };
      const given = [
        beginning(),
        record(),
        beginning({ database: null, action: "in-place", bootId: null, processStart: null }),
        record({ outcome: "failed", exitCode: 1, error, file: null, bytes: null }),
      ];
      for (const one of given) expect(records.append(one)).toBeNull();
      expect(again().read({ now })).toEqual({ records: given, unreadable: [] });
    });

    test("has nothing at first, and nothing against being written", () => {
      const { records } = make();
      expect(records.read({ now })).toEqual({ records: [], unreadable: [] });
      expect(records.problem()).toBeNull();
      expect(records.forget(1, now)).toEqual({ months: [], problems: [] });
    });

    test("keeps the order of two programs that write in turn, with any clocks", () => {
      const { records, again } = make();
      const other = again();
      records.append(record({ runId: "a" }));
      other.append(record({ runId: "b", began: "2026-11-01T02:00:00.000Z" }));
      records.append(record({ runId: "c" }));
      expect(idsOf(other)).toEqual(["a", "b", "c"]);
    });

    test("ignores additions of later versions, and does not take an unknown word as good", () => {
      const { records, spoil } = make();
      records.append(record());
      spoil(`${JSON.stringify({ ...record(), weather: { fine: true }, outcome: "splendid" })}\n`);
      spoil(`${JSON.stringify({ ...record(), event: "paused", program: "copy_backups" })}\n`);
      expect(records.read({ now })).toEqual({
        records: [
          record(),
          record({ outcome: "failed" }),
          record({ event: "other", program: "copy_backups" }),
        ],
        unreadable: [],
      });
    });

    test.each([
      ["half a record", runRecordLine(record()).slice(0, 80)],
      ["another version", JSON.stringify({ ...record(), version: 2 })],
      ["a record without what it needs", JSON.stringify({ ...record(), runId: undefined })],
      ["words", "Nov 22 kernel: out of memory"],
      ["zeros, as a power cut leaves them", "\0".repeat(100)],
    ])("tells of %s at its place, and spoils nothing that comes after it", (_, text) => {
      const { records, again, spoil } = make();
      records.append(record({ runId: "before" }));
      spoil(text);
      expect(again().append(record({ runId: "after" }))).toBeNull();
      const { records: read, unreadable } = records.read({ now });
      expect(read.map(({ runId }) => runId)).toEqual(["before", "after"]);
      expect(unreadable).toMatchObject([{ where: expect.any(String), behind: 1 }]);
    });

    test("accepts a record whose line only lacks its line end", () => {
      const { records, spoil } = make();
      records.append(record({ runId: "before" }));
      spoil(runRecordLine(record({ runId: "whole" })).trimEnd());
      records.append(record({ runId: "after" }));
      expect(idsOf(records)).toEqual(["before", "whole", "after"]);
    });

    test("returns the reason of a failed write, and throws instead of returning half of the records", () => {
      const { records, again, destroy } = make();
      records.append(record());
      destroy();
      for (const one of [records, again()]) {
        expect(one.append(record())).toMatch(/\w/);
        expect(one.problem()).toMatch(/\w/);
        expect(() => one.read({ now })).toThrow(/\w/);
        expect(one.forget(400, now)).toEqual({ months: [], problems: [expect.stringMatching(/\w/)] });
      }
    });

    test("reads the months from the wanted one on, those of a clock in the future first", () => {
      const { records } = make();
      for (const month of ["2026-09", "2026-10", "2026-11", "2031-01"])
        records.append(at(month, { runId: month }));
      expect(idsOf(records)).toEqual(["2031-01", "2026-09", "2026-10", "2026-11"]);
      expect(idsOf(records, "2026-10")).toEqual(["2031-01", "2026-10", "2026-11"]);
    });

    test("reads the end of a month that is long, in whole records", () => {
      const { records } = make();
      for (let number = 0; number < 50; number += 1) records.append(record({ runId: `run-${number}` }));
      const { records: read, unreadable } = records.read({ now, bytes: 5_000 });
      expect(unreadable).toEqual([]);
      expect(read.length).toBeGreaterThan(3);
      expect(read.length).toBeLessThan(20);
      expect(read.at(-1)?.runId).toBe("run-49");
    });

    test("forgets months that are wholly too old, and those only", () => {
      const { records } = make();
      const months = Array.from({ length: 24 }, (_, index) =>
        new Date(Date.UTC(2025, index, 1)).toISOString().slice(0, 7),
      );
      for (const month of months) records.append(at(month, { runId: month }));
      // 40 days before 2026-11-22 is 2026-10-13. Earlier years must not be affected.
      const { months: gone, problems } = records.forget(40, now);
      expect(problems).toEqual([]);
      expect(gone).toEqual(months.filter((month) => month < "2026-10"));
      expect(idsOf(records)).toEqual(["2026-10", "2026-11", "2026-12"].sort(futureLast));
    });

    test("forgets nothing that is young when the clock is far ahead", () => {
      const { records } = make();
      const months = ["2026-09", "2026-10", "2026-11"];
      for (const month of months) records.append(at(month, { runId: month }));
      expect(records.forget(400, new Date("2044-01-01T00:00:00Z"))).toEqual({ months: [], problems: [] });
      expect(idsOf(records)).toEqual(months);
    });

    test("shortens what is too long for one line, and nothing else", () => {
      const { records } = make();
      const text = "\u0007\u{1f4a5}ä".repeat(3_000);
      const long = record({ error: { kind: "failed", text }, file: `/${"ä\n".repeat(3_000)}` });
      expect(Buffer.byteLength(runRecordLine(long))).toBeLessThanOrEqual(longestRunRecord);
      expect(records.append(long)).toBeNull();
      const [read] = records.read({ now }).records;
      expect(text.startsWith(read?.error?.text.replace(/ …$/, "") ?? "-")).toBe(true);
      expect(read).toEqual({ ...long, file: read?.file, error: read?.error });
      expect(read?.error?.text.length).toBeGreaterThan(200);
    });
  });
}

/** December is more than a day after `now`: a wrong clock wrote it. */
const futureLast = (a: string, b: string): number =>
  Number(b > "2026-11") - Number(a > "2026-11") || (a < b ? -1 : 1);
