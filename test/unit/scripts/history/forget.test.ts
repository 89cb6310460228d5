import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Settings } from "../../../../scripts/contract/settings.ts";
import { forgetOldRecords } from "../../../../scripts/lib/history/forget.ts";
import type { Log } from "../../../../scripts/lib/program/log.ts";
import { settings } from "../status/observations.ts";

let directory: string;
let lines: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "forget-"));
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const log: Log = {
  ...{ runId: "run", problem: null, close: () => {}, record: () => {} },
  event: (level, database, text) => void lines.push(`${level} ${database} ${text}`),
};
const now = new Date("2026-11-22T12:00:00Z");
/** From three years ago until now. */
const months = Array.from({ length: 35 }, (_, index) =>
  new Date(Date.UTC(2024, index, 1)).toISOString().slice(0, 7),
);
function left(retention: Partial<Settings["retention"]>): string[] {
  for (const month of months) writeFileSync(join(directory, `.runs-${month}.jsonl`), "");
  const { paths } = settings;
  const wanted = { ...settings.retention, ...retention };
  forgetOldRecords({ ...settings, paths: { ...paths, backups: directory }, retention: wanted }, log, now);
  return readdirSync(directory).sort();
}

test.each([
  ["400 days, as the settings say unless told otherwise", {}, "2025-08"],
  ["400 days, where the settings are of an older version", { runRecordsDays: undefined }, "2025-08"],
  ["as many as the settings say", { runRecordsDays: 100 }, "2026-07"],
  ["more than there are", { runRecordsDays: 5_000 }, "2024-01"],
])("records are kept for %s, in whole months", (_, retention, first) => {
  const kept = months.filter((month) => month >= first).map((month) => `.runs-${month}.jsonl`);
  expect(left(retention)).toEqual(kept);
  const gone = months.filter((month) => month < first);
  expect(lines).toEqual(gone.map((month) => `info null removed the records of runs of ${month}`));
});

test("what cannot be removed is logged, and nothing is thrown", () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  forgetOldRecords({ ...settings, paths: { ...settings.paths, backups: file } }, log, now);
  expect(lines).toEqual([
    expect.stringMatching(/^warning null old records of runs cannot be removed: .*ENOTDIR/),
  ]);
});
