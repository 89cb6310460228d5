import { describe, expect, test } from "vitest";
import type { RehearsalRecord } from "../../../../scripts/contract/rehearsal-record.ts";
import { rehearsalName } from "../../../../scripts/lib/postgres/database-names.ts";
import type { LogEntry } from "../../../../scripts/lib/program/log.ts";
import { judgeActivity } from "../../../../scripts/lib/status/judge-activity.ts";
import { judgeLog } from "../../../../scripts/lib/status/judge-log.ts";
import { judgeRehearsals, judgeTrialContainers } from "../../../../scripts/lib/status/judge-rehearsal.ts";
import { judgeSchedule } from "../../../../scripts/lib/status/judge-schedule.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import type { RehearsalState } from "../../../../scripts/lib/status/observation.ts";
import { database, figures, hoursAgo, notYetDeployed, now, server, settings } from "./observations.ts";

// It is Sunday noon. The last rehearsal was due at 04:30.
const weekly = { ...settings, schedule: { ...settings.schedule, rehearsal: "30 4 * * 0" } };
const table = (hours: number) => ({
  readable: true as const,
  value: { sha256: "a".repeat(64), modifiedAt: hoursAgo(hours), ignoredBecause: null },
});

const record = (hours: number, change: Partial<RehearsalRecord> = {}): RehearsalRecord => ({
  version: 1,
  runId: "20261122T043000-4f2a1b",
  archive: `shop_${hours}.sql.gz`,
  archiveSha256: "b".repeat(64),
  startedAt: hoursAgo(hours).toISOString(),
  durationSeconds: 80,
  restoreSeconds: 65,
  where: "container",
  compared: "full",
  result: "equal",
  differences: [],
  error: null,
  ...change,
});
const different = (hours: number, ...differences: string[]) =>
  record(hours, { result: "different", differences });
const failed = (hours: number) =>
  record(hours, { result: "failed", restoreSeconds: null, error: "out of memory" });
const rehearsed = (change: Partial<RehearsalState>) =>
  database({ rehearsals: { records: [], living: null, containers: [], ...change } });

describe("5 backup, what rehearsals say", () => {
  test.each<[string, RehearsalRecord[], string]>([
    ["equal", [record(8)], "ok: rehearsed 8 h ago: shop_8.sql.gz, equal in rows and content"],
    ["a restore's duration", [record(8)], "; a restore takes 1 min 5 s"],
    [
      "not everything compared",
      [record(8, { untried: [{ what: "materialized view a.b", why: "it reads the foreign table c" }] })],
      "could not compare everything: materialized view a.b: it reads the foreign table c",
    ],
    ["rows only", [record(8, { compared: "rows" })], "restored it, but only its rows were counted"],
    ["nothing compared", [record(8, { compared: "nothing" })], "there was nothing to compare it with"],
    ["too old", [record(200)], "warning: the newest successful rehearsal is too old"],
    ["different", [different(8, "table a.b: 3 rows, not 4")], "critical: the rehearsal of shop_8.sql.gz"],
    [
      "the tables that differ",
      [different(8, "one", "two", "three", "four", "five")],
      "one; two; three; and 2 more",
    ],
    ["different before and equal now", [record(8), different(30, "one")], "ok: rehearsed"],
    [
      "equal before and different now",
      [different(8, "one"), record(30)],
      "note: last rehearsed with success",
    ],
    ["failed", [failed(8), record(30)], "warning: the rehearsal of shop_8.sql.gz"],
    ["failed, too old", [failed(8), record(200)], "warning: the newest successful rehearsal is too old"],
    ["never, and one was due", [], "warning: no rehearsal ever succeeded; one was due 2026-11-22"],
  ])("%s", (_, records, says) => {
    const found = judgeRehearsals(rehearsed({ records }), weekly, now, table(500));
    expect(found.map(({ level, text }) => `${level}: ${text}`).join("\n")).toContain(says);
    for (const { level, advice } of found) expect(advice === null).toBe(level === "ok" || level === "note");
  });

  test("the first is still to come: a note", () => {
    const found = judgeRehearsals(database(), weekly, now, table(1));
    expect(found).toMatchObject([{ level: "note", text: expect.stringContaining("still to come") }]);
  });

  test("nothing is said where none are scheduled or there is nothing to rehearse", () => {
    expect(judgeRehearsals(database(), settings, now, table(500))).toEqual([]);
    expect(judgeRehearsals(notYetDeployed, weekly, now, table(500))).toEqual([]);
    // An old run by hand does not count.
    const old = judgeRehearsals(rehearsed({ records: [record(900)] }), settings, now, table(500));
    expect(old).toMatchObject([{ level: "ok" }]);
  });
});

describe("6 schedule, the rehearsal's entry", () => {
  const line = (hours: number): LogEntry => ({
    time: hoursAgo(hours),
    level: "warning",
    database: "shop",
    runId: "run",
    program: "rehearse_restore",
    text: "rehearsal skipped: no space",
  });
  const judged = (entries: LogEntry[], records: RehearsalRecord[] = []) =>
    judgeSchedule(
      server({
        settings: weekly,
        databases: [rehearsed({ records })],
        log: { readable: true, value: entries },
      }),
    ).map(({ level, text }) => `${level}: ${text}`);

  test("that ran is as it should be, by its record or by the log", () => {
    const fine = [
      "ok: cron runs and its table is as deployed; next backup 2026-11-23 02:00:00 UTC; next rehearsal 2026-11-29 04:30:00 UTC",
    ];
    expect(judged([], [record(7.4)])).toEqual(fine);
    expect(judged([line(7.4)])).toEqual(fine);
  });

  test("that left no trace is a warning", () => {
    expect(judged([line(100)])).toEqual([
      "warning: the rehearsal due 2026-11-22 04:30:00 UTC did not take place [DBK-STATUS-14]",
    ]);
  });

  test("that is no schedule is unknown", () => {
    const schedule = { ...settings.schedule, rehearsal: "sometimes" };
    expect(judgeSchedule(server({ settings: { ...settings, schedule } }))[0]?.level).toBe("unknown");
  });
});

describe("8 log, a rehearsal that gave no result", () => {
  const line = (text: string): LogEntry => ({
    time: hoursAgo(1),
    level: "error",
    database: "shop",
    runId: "20261122T043000-4f2a1b",
    program: "rehearse_restore",
    text,
  });
  const judged = (text: string, change: Partial<RehearsalState> = {}) =>
    judgeLog(server({ databases: [rehearsed(change)], log: { readable: true, value: [line(text)] } })).filter(
      ({ level }) => level === "warning",
    );

  test("is named with its reason", () => {
    expect(judged("rehearsal failed: its result could not be written")).toMatchObject([
      { text: expect.stringContaining("its result could not be written") },
    ]);
  });

  test("is not reported twice: with a record beside the backup point 5 reports it", () => {
    expect(judged("rehearsal failed: out of memory", { records: [failed(1)] })).toEqual([]);
  });

  test("is not one that is at work", () => {
    const text = "rehearsal started: x";
    expect(judged(text)).toHaveLength(1);
    expect(judged(text, { living: "20261122T043000-4f2a1b" })).toEqual([]);
  });
});

describe("what rehearsals left", () => {
  const left = { name: rehearsalName("shop_production", "20261120T043000-4f2a1b"), bytes: 1000 };
  const postgres = { answers: true as const, figures: { ...figures, databases: [left] } };

  test("a container is a warning with the command that removes it", () => {
    const [found] = judgeTrialContainers(rehearsed({ containers: ["database-backups-rehearsal-shop-x"] }));
    expect(found).toMatchObject({ level: "warning", advice: expect.stringContaining("docker rm") });
  });

  test("a database is a warning, unless a rehearsal is at work", () => {
    const dead = judgeActivity(database({ postgres }), settings, now);
    expect(dead.map(({ text }) => text).join()).toContain("a rehearsal left the database");
    const rehearsals = { records: [], living: "20261120T043000-4f2a1b", containers: [] };
    expect(judgeActivity(database({ postgres, rehearsals }), settings, now)).toEqual([]);
  });
});

test("the report has the newest rehearsal and the newest successful one", () => {
  const report = judgeServer(
    server({ databases: [rehearsed({ records: [different(8, "one"), record(30)] })], settings: weekly }),
  );
  expect(report.databases[0]?.rehearsals).toMatchObject({
    newest: { file: "shop_8.sql.gz", result: "different", differences: ["one"] },
    newestSuccessful: { file: "shop_30.sql.gz", restoreSeconds: 65 },
    running: null,
    containers: [],
  });
  expect(report.schedule.rehearsal).toMatchObject({ expression: "30 4 * * 0" });
  expect(report.verdict).toBe("critical");
});
