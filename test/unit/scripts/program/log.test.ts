import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { formatLogLine, openLog, parseLogLine } from "../../../../scripts/lib/program/log.ts";
import { observeLog } from "../../../../scripts/lib/status/observe-log.ts";

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

test("the log is appended to, and only root can read it", () => {
  const path = join(directory, "deeper", "backup.log");
  const shown: string[] = [];
  for (const text of ["first", "second\n  line\r\n"]) {
    const log = openLog(path, "backup_database", "20261122T020000-4f2a1b", (entry) => shown.push(entry.text));
    log.event("info", null, text);
    log.close();
  }
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => parseLogLine(line)?.text)).toEqual(["first", "second line"]);
  // cron appends the output to the same file.
  expect(shown).toEqual(["first", "second line"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a log that cron's redirection made before is taken from everybody else's sight", () => {
  const path = join(directory, "open.log");
  writeFileSync(path, "sh: not found\n", { mode: 0o644 });
  openLog(path, "backup_database", "20261122T020000-4f2a1b").close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

describe("a log that cannot be opened", () => {
  const at = (name: string) => join(directory, name);
  mkdirSync(at("directory"));
  spawnSync("mkfifo", [at("pipe")]);
  symlinkSync("nowhere/log", at("dangling"));
  symlinkSync("loop", at("loop"));
  symlinkSync("/dev/null", at("device"));
  writeFileSync(at("file"), "");

  test.each([
    ["directory", "it is a directory, not a file"],
    ["pipe", "it is a named pipe, not a file"],
    ["device", "it is a device, not a file"],
    ["dangling", "it is a link to a place that is not there"],
    ["loop", "it is a link that leads back to itself"],
    ["file/log", "what should be its directory is a file"],
    ["file/deeper/log", "what should be its directory is a file"],
  ])("stops nothing and loses no line: %s", (name, reason) => {
    const lost: string[] = [];
    const log = openLog(at(name), "backup_database", "20261122T020000-4f2a1b", undefined, (text) =>
      lost.push(text),
    );
    log.event("info", "library", "backup started");
    log.event("info", "library", "backup finished");
    expect(log.problem).toBe(reason);
    log.close();
    expect(lost[0]).toBe(
      `the log ${at(name)} cannot be written (${reason}); its lines follow [DBK-RECORD-1]:\n`,
    );
    expect(lost.slice(1).map((line) => parseLogLine(line.trimEnd())?.text)).toEqual([
      "backup started",
      "backup finished",
    ]);
    const seen = observeLog(at(name));
    expect(seen.readable ? seen.value : []).toEqual(["dangling"].includes(name) ? null : []);
  });

  test("a pipe with a reader is no log either", () => {
    const reader = openSync(at("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    const lost: string[] = [];
    openLog(at("pipe"), "backup_database", "x", undefined, (text) => lost.push(text)).close();
    closeSync(reader);
    expect(lost[0]).toContain("it is a named pipe");
  });

  test("a link to a file that is still to be made is a log", () => {
    symlinkSync("target", at("link"));
    const log = openLog(at("link"), "backup_database", "20261122T020000-4f2a1b");
    log.event("info", null, "first");
    log.close();
    expect(readFileSync(at("target"), "utf8")).toContain("first");
  });
});
