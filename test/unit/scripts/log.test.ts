import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { formatLogLine, openLog, parseLogLine } from "../../../scripts/lib/log.ts";

const directory = mkdtempSync(join(tmpdir(), "log-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("every entry is one line that can be read back", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.constantFrom("info" as const, "warning" as const, "error" as const),
      fc.constantFrom("library", null),
      (text, level, database) => {
        const time = new Date("2026-11-22T02:00:00Z");
        const entry = {
          time,
          level,
          database,
          runId: "20261122T020000-4f2a1b",
          program: "backup_database",
          text,
        };
        const line = formatLogLine(entry);
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(parseLogLine(line)).toEqual(entry);
      },
    ),
  );
});

test.each(["", "Backup completed successfully", "2026-11-22T02:00:00Z info"])(
  "%j is nobody's line",
  (line) => {
    expect(parseLogLine(line)).toBeNull();
  },
);

test("the log is appended to, and nobody else can read it", () => {
  const path = join(directory, "deeper", "backup.log");
  for (const text of ["first", "second\nline"]) {
    const log = openLog(path, "backup_database", "20261122T020000-4f2a1b");
    log.event("info", null, text);
    log.close();
  }
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => parseLogLine(line)?.text)).toEqual(["first", "second\nline"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a log that cron's redirection made before is taken from everybody else's sight", () => {
  const path = join(directory, "open.log");
  writeFileSync(path, "sh: not found\n", { mode: 0o644 });
  openLog(path, "backup_database", "20261122T020000-4f2a1b").close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
