import { describe, expect, test } from "vitest";
import type { Settings } from "../../../../scripts/contract/settings.ts";
import type { Finding, FindingLevel } from "../../../../scripts/contract/status-report.ts";
import { parseSurroundings } from "../../../../scripts/contract/surroundings.ts";
import type { LogEntry } from "../../../../scripts/lib/program/log.ts";
import { judgeDisk } from "../../../../scripts/lib/status/judge-disk.ts";
import { judgeLog } from "../../../../scripts/lib/status/judge-log.ts";
import { judgeSchedule } from "../../../../scripts/lib/status/judge-schedule.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { verdictOf, worst } from "../../../../scripts/lib/status/levels.ts";
import type { FileSystemState, ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { unreadableBecause } from "../../../../scripts/lib/status/observe-cron.ts";
import { problemText, reportText } from "../../../../scripts/lib/status/report-text.ts";
import { backup, database, hoursAgo, notYetDeployed, server, settings } from "./observations.ts";

type Case = readonly [string, Partial<ServerObservation>, FindingLevel, string];

function expectFinding(findings: readonly Finding[], level: FindingLevel, text: string): void {
  expect(worst(findings.map((finding) => finding.level))).toBe(level);
  const reported = findings.filter((finding) => finding.level === level);
  expect(reported.map((finding) => finding.text).join("\n")).toContain(text);
  if (level !== "ok" && level !== "note") expect(reported[0]?.advice).toBeTruthy();
}

const entry = (hours: number, text: string, runId = `run-${hours}`): LogEntry => ({
  time: hoursAgo(hours),
  level: text.includes("failed") ? "error" : "info",
  database: "shop",
  runId,
  program: "backup_database",
  text,
});
const log = (...value: LogEntry[]): Partial<ServerObservation> => ({ log: { readable: true, value } });
const onlyOld = database({ backups: { readable: true, value: [backup({ hoursAgo: 34 })] } });

describe("6 schedule", () => {
  const table = { sha256: "a".repeat(64), modifiedAt: hoursAgo(500), ignoredBecause: null };
  const around = (...lines: string[]): Partial<ServerObservation> => {
    const value = parseSurroundings([...lines, "end:", ""].join("\n"));
    return {
      surroundings: value === null ? { readable: false, reason: "it broke off" } : { readable: true, value },
    };
  };
  const tabled = (
    change: Partial<typeof table> | { ignoredBecause: string } | { link: string },
  ): Partial<ServerObservation> => ({
    cronTable: { readable: true, value: { ...table, ...change } },
  });
  test.each<Case>([
    ["as it should be", {}, "ok", "next backup 2026-11-23"],
    ["cron is dead", { cronRunning: { readable: true, value: false } }, "critical", "cron is not running"],
    ["no /proc", { cronRunning: { readable: false, reason: "EACCES" } }, "unknown", "EACCES"],
    ["table missing", { cronTable: { readable: true, value: null } }, "critical", "is missing"],
    ["table edited", tabled({ sha256: "b" }), "warning", "was changed"],
    ["table not root's", tabled({ ignoredBecause: "it belongs to user 1" }), "critical", "cron ignores"],
    ["table a link", tabled({ link: "/x" }), "warning", "is a symbolic link to /x"],
    [
      "others may replace programs",
      around("directory:777:root:root:/opt"),
      "warning",
      "/opt is world-writable",
    ],
    ["a sticky directory", around("directory:1777:root:root:/opt"), "ok", "cron runs"],
    [
      "a second run",
      around("job:/etc/cron.daily/x"),
      "note",
      "/etc/cron.daily/x also mentions the backup program",
    ],
    [
      "a second rotation",
      around("rotation:/etc/logrotate.d/x"),
      "note",
      "/etc/logrotate.d/x rotates /root/backup",
    ],
    ["cron disabled", around("enabled:disabled"), "note", "cron is disabled"],
    ["cron enabled under another name", around("enabled:masked", "enabled:enabled"), "ok", "cron runs"],
    ["a group", around("directory:775:root:ops:/opt"), "note", "the group ops can write to /opt"],
    ["an owner", around("directory:755:bob:root:/opt"), "note", "/opt belongs to bob"],
    [
      "nobody could look",
      { surroundings: { readable: false, reason: "EIO" } },
      "unknown",
      "other schedules: EIO",
    ],
    ["table unreadable", { cronTable: { readable: false, reason: "EIO" } }, "unknown", "EIO"],
    ["a missed run", { databases: [onlyOld] }, "warning", "due 2026-11-22 02:00:00 UTC did not take place"],
    ["missed, server down", { databases: [onlyOld], bootedAt: hoursAgo(5) }, "warning", "was started after"],
    [
      "missed and made up for",
      { databases: [onlyOld], ...log(entry(3, "backup started")) },
      "note",
      "there was a run 2026-11-22 09:00:00",
    ],
    ["tried and failed", { databases: [onlyOld], ...log(entry(10, "backup failed: x")) }, "ok", "cron runs"],
    [
      "deployed after it was due",
      { databases: [onlyOld], ...tabled({ modifiedAt: hoursAgo(1) }) },
      "ok",
      "next",
    ],
    ["not yet deployed", { databases: [notYetDeployed] }, "ok", "cron runs"],
    [
      "no schedule at all",
      { settings: { ...settings, schedule: { ...settings.schedule, backup: "sometimes" } } },
      "unknown",
      "five fields",
    ],
  ])("%s", (_, change, level, text) => expectFinding(judgeSchedule(server(change)), level, text));
});

test.each([
  ["# x\nA=b\n0 2 * * * root /root/x\n@daily root /root/x\n\n", null],
  ["0 2 * * * root /root/x", "no line end"],
  ["", "no line end"],
  ["A=b\n0 2 * * root /root/x\n", "line 2"],
  ["0 2 * * * root\n", "line 1 cannot be read: it is not an entry"],
  ["99 2 * * * root /root/x\n", "line 1"],
])("cron's reasons not to read the table %j: %s", (text, reason) => {
  const found = unreadableBecause(text);
  if (reason === null) expect(found).toBeNull();
  else expect(found).toContain(reason);
});

describe("7 disk", () => {
  const base: FileSystemState = {
    holdsBackups: true,
    holdsDataOf: ["shop"],
    totalBytes: 1_000_000_000,
    freeBytes: 500_000_000,
    usedPercent: 50,
  };
  const disk = (change: Partial<FileSystemState>): Partial<ServerObservation> => ({
    fileSystems: { readable: true, value: [{ ...base, ...change }] },
  });
  /** Retention is full (7 days), and the database grows by 10 MB a day. */
  const growing = database({
    backups: {
      readable: true,
      value: [10, 34, 58, 82, 106, 130, 154, 178].map((hours) =>
        backup({ hoursAgo: hours, databaseBytes: 100_000_000 - (hours / 24) * 1e7 }),
      ),
    },
  });
  /** The first three days of daily backups of 1 MB; the database stays as it is. */
  const young = { readable: true as const, value: [10, 34, 58].map((hours) => backup({ hoursAgo: hours })) };
  const justDeployed = {
    readable: true as const,
    value: [
      backup({ hoursAgo: 1, databaseBytes: 9_000_000 }),
      backup({ hoursAgo: 1.01, databaseBytes: 8_000_000 }),
      backup({ hoursAgo: 8_000, manifest: false }),
    ],
  };
  const withRetention = (change: Partial<Settings["retention"]>): Partial<ServerObservation> => ({
    settings: { ...settings, retention: { ...settings.retention, ...change } },
  });
  test.each<Case>([
    ["room", disk({}), "ok", "backups, data of shop: 500 MB free, 50 % used"],
    ["rather full", disk({ usedPercent: 85 }), "warning", "85 % used"],
    ["full", disk({ usedPercent: 95 }), "critical", "95 % used"],
    ["too little for a backup", disk({ freeBytes: 999_999 }), "critical", "no backup begins"],
    [
      "little, of data only",
      disk({ freeBytes: 999_999, holdsBackups: false, holdsDataOf: [] }),
      "ok",
      "free",
    ],
    ["full in years", { ...disk({ freeBytes: 9e9 }), databases: [growing] }, "ok", "full in about 900 days"],
    [
      "full in days",
      { ...disk({ freeBytes: 1e8 }), databases: [growing] },
      "warning",
      "full in about 10 days",
    ],
    [
      "filling up to seven days' backups",
      { ...disk({ freeBytes: 3.5e6 }), databases: [database({ backups: young })] },
      "warning",
      "full in about 3 days",
    ],
    [
      "two backups of a minute, beside adopted ones of a year ago",
      { ...disk({ freeBytes: 1e8 }), databases: [database({ backups: justDeployed })] },
      "ok",
      "100 MB free, 50 % used",
    ],
    [
      "room for seven days' backups",
      { ...disk({ freeBytes: 6e6 }), databases: [database({ backups: young })] },
      "ok",
      "6.0 MB free, 50 % used",
    ],
    [
      "then one a week, for eight weeks",
      {
        ...disk({ freeBytes: 7e6 }),
        ...withRetention({ weekly: 8 }),
        databases: [database({ backups: young })],
      },
      "ok",
      "full in about 19 days",
    ],
    [
      "full at once",
      { ...disk({ freeBytes: 2e7 }), databases: [growing] },
      "critical",
      "full in about 2 days",
    ],
    [
      "below a mount point of /etc/fstab that is not mounted",
      { missingMount: "/mnt/share" },
      "critical",
      "/mnt/share stands in /etc/fstab and is not mounted: no backup can run",
    ],
    ["not to be seen", { fileSystems: { readable: false, reason: "EIO" } }, "unknown", "EIO"],
  ])("%s", (_, change, level, text) => expectFinding(judgeDisk(server(change)), level, text));
});

describe("8 log", () => {
  const good = (hours: number) => entry(hours, "backup finished: x");
  const bad = (hours: number) => entry(hours, "backup failed: no space");
  test.each<Case>([
    ["nothing yet", { ...log(), databases: [notYetDeployed] }, "note", "no backup run is recorded"],
    ["no log", { log: { readable: true, value: null } }, "note", "although there are backups"],
    ["unreadable", { log: { readable: false, reason: "EISDIR" } }, "unknown", "EISDIR"],
    [
      "not to be written",
      { ...log(good(10)), logProblem: "its file system is full" },
      "warning",
      "cannot write the log /root/backup_database.log: its file system is full",
    ],
    [
      "not to be written and not to be read",
      { log: { readable: false, reason: "EISDIR" }, logProblem: "it is a directory, not a file" },
      "unknown",
      "cannot be read: EISDIR",
    ],
    ["all good", log(good(58), good(34), good(10)), "ok", "3 of the last 3"],
    ["an old failure", log(bad(58), good(34), good(10)), "note", "2 of the last 3"],
    ["the last one failed", log(good(34), bad(10)), "warning", "backup failed: no space"],
    ["the last two failed", log(good(58), bad(34), bad(10)), "critical", "the last 2 backup runs"],
    ["one never ended", log(good(34), entry(10, "backup started")), "warning", "never ended"],
    ["of other databases", log({ ...bad(10), database: "other" }, good(9)), "ok", "1 of the last 1"],
    ["before there was an application", { ...log(bad(10)), databases: [notYetDeployed] }, "note", "no space"],
    ["a restore failed", log(good(10), entry(5, "restore failed: x")), "warning", "the last restore"],
    [
      "a rehearsal failed",
      log(good(10), entry(5, "rehearsal failed: x")),
      "warning",
      "the last rehearsal of",
    ],
    ["a rehearsal died", log(good(10), entry(5, "rehearsal started: x")), "warning", "never ended"],
    ["a rehearsal was skipped", log(good(10), entry(5, "rehearsal skipped: x")), "warning", "was skipped"],
    ["a rehearsal succeeded", log(good(10), entry(5, "rehearsal finished: x")), "ok", "1 of"],
    ["a restore died", log(good(10), entry(5, "restore started: x")), "warning", "never ended"],
    ["a restore failed long ago", log(good(10), entry(200, "restore failed: x")), "ok", "1 of"],
    [
      "a restore failed, then worked",
      log(good(10), entry(5, "restore failed"), entry(4, "restore finished")),
      "ok",
      "",
    ],
  ])("%s", (_, change, level, text) => expectFinding(judgeLog(server(change)), level, text));

  test("a run that is at work has not failed", () => {
    const busy = database({ lockedBy: { runId: "run-0", text: "backup_database" } });
    const change = { ...log(good(10), entry(0, "backup started")), databases: [busy] };
    expectFinding(judgeLog(server(change)), "ok", "1 of the last 1");
  });

  test("only the last twenty runs count", () => {
    const runs = Array.from({ length: 30 }, (_, index) =>
      index < 10 ? bad(100 - index) : good(100 - index),
    );
    expectFinding(judgeLog(server(log(...runs))), "ok", "20 of the last 20");
  });
});

describe("the whole", () => {
  const plain = (_: string, text: string) => text;

  test.each<readonly [FindingLevel[], string]>([
    [[], "healthy"],
    [["ok", "note"], "healthy"],
    [["ok", "warning"], "warning"],
    [["warning", "unknown"], "unknown"],
    [["unknown", "critical"], "critical"],
  ])("%j is %s", (levels, verdict) => expect(verdictOf(levels)).toBe(verdict));

  test("a healthy server says so with all eight points, and nothing where only problems are wanted", () => {
    const report = judgeServer(server(log(entry(10, "backup finished"))));
    expect(report).toMatchObject({ verdict: "healthy", exitCode: 0, summary: "healthy: 1 database" });
    expect(problemText(report, plain)).toBe("");
    const text = reportText(report, plain);
    for (let number = 1; number <= 8; number++)
      expect(text).toMatch(new RegExp(`^  ${number} \\w+ +ok `, "m"));
  });

  test("a server that waits for its application is healthy, with notes", () => {
    expect(judgeServer(server({ databases: [notYetDeployed] }))).toMatchObject({ exitCode: 0 });
  });

  test("the worst of several databases decides, and its problem names it", () => {
    const stopped = { ...database().settings, name: "blog" };
    const broken = database({ settings: stopped, container: { readable: true, value: null } });
    const report = judgeServer(server({ databases: [database(), broken] }));
    expect(report).toMatchObject({ verdict: "critical", exitCode: 2 });
    expect(report.databases.map(({ verdict }) => verdict)).toEqual(["healthy", "critical"]);
    expect(report.summary).toContain("critical: blog: there is no container");
    expect(problemText(report, plain)).toContain("→ run: docker ps --all");
  });
});
