import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { RehearsalRecord } from "../../../../scripts/contract/rehearsal-record.ts";
import { ExitCode } from "../../../../scripts/lib/base/exit-codes.ts";
import { rehearsalVerdict } from "../../../../scripts/lib/notify/rehearsal-report.ts";
import { hasYoungRehearsal } from "../../../../scripts/lib/status/young-rehearsal.ts";
import { hoursAgo, now, settings } from "../status/observations.ts";

const directory = mkdtempSync(join(tmpdir(), "rehearsal-ping-"));
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => rmSync(stem("shop"), { force: true }));

const here = { ...settings, paths: { ...settings.paths, backups: directory } };
const stem = (database: string) => join(directory, `${database}_20261101_020000.rehearsal.json`);

function rehearsed(database: string, hours: number, change: Partial<RehearsalRecord> = {}): void {
  const record: RehearsalRecord = {
    version: 1,
    runId: "20261101T043000-4f2a1b",
    archive: `${database}_20261101_020000.sql.gz`,
    archiveSha256: null,
    startedAt: hoursAgo(hours).toISOString(),
    durationSeconds: 80,
    restoreSeconds: 65,
    where: "container",
    compared: "full",
    result: "equal",
    differences: [],
    error: null,
    ...change,
  };
  writeFileSync(stem(database), JSON.stringify(record));
}

const locked = { database: "shop", exitCode: ExitCode.locked };
const proved = { database: "blog", exitCode: ExitCode.success };
const skipped = { database: "blog", exitCode: ExitCode.noSpace };
const verdict = (...endings: Parameters<typeof rehearsalVerdict>[0][number][]) =>
  rehearsalVerdict(endings, (database) => hasYoungRehearsal(here, database, now));

test("a database at which another run is counts for nothing while its last success is young enough", () => {
  rehearsed("shop", 191);
  expect(verdict(locked)).toBeNull();
  expect(verdict(locked, proved)).toBe("success");
  expect(verdict(locked, skipped)).toBe("fail");
});

test.each<[string, () => void]>([
  ["was never rehearsed", () => {}],
  ["was rehearsed too long ago", () => rehearsed("shop", 193)],
  ["was rehearsed in time to come", () => rehearsed("shop", -24)],
  ["was rehearsed without success", () => rehearsed("shop", 24, { result: "different" })],
  ["had its rows counted only", () => rehearsed("shop", 24, { compared: "rows" })],
  ["has a record that cannot be read", () => writeFileSync(stem("shop"), "{")],
])("a database that %s is no success, whatever another run does", (_, prepare) => {
  prepare();
  expect(verdict(locked)).toBe("fail");
  expect(verdict(locked, proved)).toBe("fail");
});

test("with no lock in the way it is what became of the databases", () => {
  expect(verdict()).toBeNull();
  expect(verdict(proved)).toBe("success");
  expect(verdict(proved, skipped)).toBe("fail");
});
