import { describe, expect, test } from "vitest";
import type { RunOutcome, RunRecord } from "../../../../scripts/contract/run-record.ts";
import type { FindingLevel } from "../../../../scripts/contract/status-report.ts";
import type { Unreadable } from "../../../../scripts/lib/history/records.ts";
import type { LogEntry } from "../../../../scripts/lib/program/log.ts";
import { judgeLog, runCounts } from "../../../../scripts/lib/status/judge-log.ts";
import { judgeSchedule } from "../../../../scripts/lib/status/judge-schedule.ts";
import { worst } from "../../../../scripts/lib/status/levels.ts";
import type { SeenHistory, ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { observeHistory } from "../../../../scripts/lib/status/observe-history.ts";
import { ownIdentity } from "../../../../scripts/lib/system/process.ts";
import { inMemory, type Memory } from "../history/in-memory.ts";
import { beginning, record } from "../history/suite.ts";
import { backup, database, hoursAgo, notYetDeployed, now, server } from "./observations.ts";

const boot = "this-boot";
const at = (hours: number): Pick<RunRecord, "began" | "ended" | "runId" | "bootId"> => ({
  began: hoursAgo(hours).toISOString(),
  ended: hoursAgo(hours).toISOString(),
  runId: `run-${hours}`,
  bootId: boot,
});
const ended = (hours: number, outcome: RunOutcome = "succeeded", change: Partial<RunRecord> = {}) =>
  record({
    ...at(hours),
    outcome,
    error: outcome === "succeeded" ? null : { kind: "failed", text: "no space" },
    ...change,
  });
const began = (hours: number, change: Partial<RunRecord> = {}) =>
  beginning({ ...at(hours), ended: null, ...change });
const restore = { program: "restore_database" };
const rehearsal = { program: "rehearse_restore" };

function history(
  records: readonly RunRecord[],
  change: Partial<SeenHistory> = {},
): Pick<ServerObservation, "history"> {
  const value = { records, unreadable: [], bootId: boot, living: new Set<string>(), ...change };
  return { history: { seen: true, value } };
}

const entry = (hours: number, text: string, runId = `run-${hours}`): LogEntry => ({
  time: hoursAgo(hours),
  level: text.includes("failed") ? "error" : "info",
  database: "shop",
  runId,
  program: "backup_database",
  text,
});
const log = (...value: LogEntry[]): Pick<ServerObservation, "log"> => ({ log: { seen: true, value } });

type Case = readonly [string, Partial<ServerObservation>, FindingLevel, string];
function expectPoint8(change: Partial<ServerObservation>, level: FindingLevel, text: string): void {
  const findings = judgeLog(server(change));
  const told = findings.filter((finding) => finding.level === level);
  expect(worst(findings.map((finding) => finding.level)), JSON.stringify(findings)).toBe(level);
  expect(told.map((finding) => finding.text).join("\n")).toContain(text);
  if (level !== "ok" && level !== "note") expect(told[0]?.advice).toBeTruthy();
}

describe("8 log, from the records of runs", () => {
  const held = { runId: "run-5", text: "backup_database" };
  test.each<Case>([
    ["all good", history([ended(58), ended(34), ended(10)]), "ok", "3 of the last 3"],
    ["an old failure", history([ended(58, "failed"), ended(34)]), "note", "1 of the last 2"],
    [
      "the last one failed",
      history([ended(34), ended(10, "failed")]),
      "warning",
      "the last backup run of shop",
    ],
    ["and why", history([ended(34), ended(10, "failed")]), "warning", "UTC: backup failed: no space"],
    ["the last two failed", history([ended(34, "failed"), ended(10, "failed")]), "critical", "the last 2"],
    ["one died", history([ended(34), began(10)]), "warning", "it began and never ended"],
    ["one died, one failed", history([began(34), ended(10, "failed")]), "critical", "the last 2"],
    [
      "one is at work",
      history([ended(34), began(5)], { living: new Set(["run-5"]) }),
      "ok",
      "1 of the last 1",
    ],
    [
      "one's dump is at work",
      { ...history([ended(34), began(5)]), databases: [database({ lockedBy: held })] },
      "ok",
      "1 of the last 1",
    ],
    [
      "one of another boot",
      history([ended(34), began(5, { bootId: "before" })], { living: new Set(["run-5"]) }),
      "warning",
      "never ended",
    ],
    ["an unknown word", history([ended(34), ended(10, "healthy")]), "warning", "the last backup run"],
    ["refused", history([ended(34), ended(10, "refused")]), "ok", "1 of the last 1"],
    ["done, and not all else", history([ended(10, "partly")]), "note", "took its backup, and then: no space"],
    [
      "of other databases",
      history([ended(9), ended(5, "failed", { database: "x" })]),
      "ok",
      "1 of the last 1",
    ],
    [
      "before there was an application",
      { ...history([ended(10, "failed")]), databases: [notYetDeployed] },
      "note",
      "no space",
    ],
    [
      "a restore failed",
      history([ended(9), ended(5, "failed", restore)]),
      "warning",
      "the last restore of shop",
    ],
    ["a restore died", history([ended(9), began(5, restore)]), "warning", "never ended"],
    ["a restore was refused", history([ended(9), ended(5, "refused", restore)]), "ok", ""],
    [
      "a restore at work",
      history([ended(9), began(5, restore)], { living: new Set(["run-5"]) }),
      "ok",
      "1 of the last 1",
    ],
    [
      "a restore failed, then worked",
      history([ended(9), ended(5, "failed", restore), ended(4, "succeeded", restore)]),
      "ok",
      "",
    ],
    ["a restore failed long ago", history([ended(9), ended(200, "failed", restore)]), "ok", ""],
    [
      "a rehearsal was skipped",
      history([ended(9), ended(5, "skipped", rehearsal)]),
      "warning",
      "was skipped",
    ],
    [
      "a rehearsal died",
      history([ended(9), began(5, rehearsal)]),
      "warning",
      "the last rehearsal of shop failed",
    ],
    [
      "a person's pruning died",
      history([ended(9), began(5, { program: "prune_backups" })]),
      "note",
      "the last pruning of shop failed",
    ],
    ["nothing yet", { ...history([]), databases: [notYetDeployed] }, "note", "no backup run is recorded"],
    ["nothing, and backups", history([]), "note", "although there are backups"],
    [
      "not to be read",
      { history: { seen: false, reason: "x.jsonl: it is a directory" } },
      "unknown",
      "the records of runs cannot be read: x.jsonl: it is a directory",
    ],
    [
      "not to be written",
      { ...history([ended(10)]), recordProblem: "its file system is full" },
      "warning",
      "runs cannot be recorded: its file system is full",
    ],
  ])("%s", (_, change, level, text) => expectPoint8(change, level, text));

  test("the order of the records counts, not that of a clock that was set back", () => {
    expectPoint8(history([ended(1, "failed"), ended(2)]), "note", "1 of the last 2");
    expectPoint8(history([ended(1), ended(2, "failed")]), "warning", "the last backup run");
  });

  test("the last twenty runs of each database are counted", () => {
    const runs = Array.from({ length: 30 }, (_, index) =>
      ended(100 - index, index < 11 ? "failed" : "succeeded"),
    );
    expect(runCounts(server(history(runs)))).toEqual({ counted: 20, succeeded: 19 });
  });

  const torn = (behind: number): Unreadable => ({ where: ".runs-2026-11.jsonl, line 2", behind });
  test.each<Case>([
    ["the last one", history([ended(10)], { unreadable: [torn(1)] }), "unknown", "1 line among the records"],
    [
      "one before a good backup",
      history([ended(34), ended(10)], { unreadable: [torn(1)] }),
      "note",
      "line 2",
    ],
    [
      "one before a failure",
      history([ended(34), ended(10, "failed")], { unreadable: [torn(1)] }),
      "unknown",
      "not known",
    ],
    [
      "one before a good backup of another database",
      {
        ...history([ended(34), ended(10)], { unreadable: [torn(1)] }),
        databases: [database(), database({ settings: { ...database().settings, name: "blog" } })],
      },
      "unknown",
      "not known",
    ],
  ])("a line that cannot be read is not good: %s", (_, change, level, text) =>
    expectPoint8(change, level, text),
  );
});

describe("8 log, after the version that left no records", () => {
  test.each<Case>([
    [
      "a failure in the log, then a recorded success",
      { ...log(entry(34, "backup failed: x")), ...history([ended(10)]) },
      "note",
      "1 of the last 2",
    ],
    [
      "a success in the log, then a recorded failure",
      { ...log(entry(34, "backup finished: x")), ...history([ended(10, "failed")]) },
      "warning",
      "no space",
    ],
    [
      "failures of both",
      { ...log(entry(34, "backup failed: x")), ...history([ended(10, "failed")]) },
      "critical",
      "the last 2 backup runs",
    ],
    [
      "only a status check was recorded since the failure",
      {
        ...log(entry(10, "backup failed: x")),
        ...history([ended(9, "warning", { program: "check_database_status", database: null })]),
      },
      "warning",
      "backup failed: x",
    ],
    [
      "a run that is in both counts once",
      {
        ...log(entry(10, "backup started"), entry(10, "backup finished: x")),
        ...history([began(10), ended(10)]),
      },
      "ok",
      "1 of the last 1",
    ],
    [
      "a run at work of the version before",
      {
        ...log(entry(34, "backup finished: x"), entry(5, "backup started")),
        ...history([ended(4, "warning", { program: "check_database_status", database: null })]),
        databases: [database({ lockedBy: { runId: "run-5", text: "backup_database" } })],
      },
      "ok",
      "1 of the last 1",
    ],
    [
      "a failed restore in the log",
      { ...log(entry(34, "restore failed: x")), ...history([ended(10)]) },
      "warning",
      "the last restore of shop failed",
    ],
    [
      "a failed restore in the log, a recorded one that worked",
      { ...log(entry(34, "restore failed: x")), ...history([ended(9), ended(10, "succeeded", restore)]) },
      "ok",
      "",
    ],
    [
      "the backup before a restore in the log is the restore's",
      {
        ...log(entry(9, "backup started, before a restore"), entry(9, "backup failed: x")),
        ...history([ended(34), began(9, restore), ended(9, "succeeded", restore)]),
      },
      "ok",
      "1 of the last 1",
    ],
  ])("%s", (_, change, level, text) => expectPoint8(change, level, text));

  test.each<Case>([
    [
      "a failure counts, wherever it is told",
      { ...log(entry(10, "backup failed: x")), ...history([ended(34)]) },
      "warning",
      "backup failed: x",
    ],
    [
      "a run whose end could not be recorded failed as the log says",
      {
        ...log(entry(10, "backup started"), entry(10, "backup failed: not connected")),
        ...history([ended(34), began(10)]),
      },
      "warning",
      "backup failed: not connected",
    ],
    [
      "and did not succeed, whatever the log says",
      {
        ...log(entry(10, "backup started"), entry(10, "backup finished: x")),
        ...history([ended(34), began(10)]),
      },
      "warning",
      "it began and never ended",
    ],
    [
      "a failure that is in the log only, of a run that recorded what it did with another database",
      {
        ...log(entry(10, "backup failed: not connected")),
        ...history([ended(34), ended(10, "succeeded", { database: "x" })]),
      },
      "warning",
      "backup failed: not connected",
    ],
    [
      "a success that is in the log only is none",
      { ...log(entry(10, "backup finished: x")), ...history([ended(34, "failed")]) },
      "warning",
      "no space",
    ],
    [
      "a failure between recorded runs stands between them",
      { ...log(entry(20, "backup failed: x")), ...history([ended(34), ended(10)]) },
      "note",
      "2 of the last 3",
    ],
    [
      "an emptied log takes nothing away",
      { ...log(), ...history([ended(10, "failed")]) },
      "warning",
      "no space",
    ],
    [
      "nor does a log that is gone",
      { log: { seen: true, value: null }, ...history([ended(10)]) },
      "ok",
      "1 of the last 1",
    ],
  ])("what this version could not record: %s", (_, change, level, text) => expectPoint8(change, level, text));
});

test("6 schedule: a run took place by its record, and when it was refused too", () => {
  const databases = [database({ backups: { seen: true, value: [backup({ hoursAgo: 34 })] } })];
  const levels = (records: RunRecord[]) =>
    judgeSchedule(server({ databases, ...history(records) })).map(({ level }) => level);
  expect(levels([])).toEqual(["warning"]);
  expect(levels([began(10)])).toEqual(["ok"]);
  expect(levels([ended(10, "refused")])).toEqual(["ok"]);
});

describe("what is seen of the records", () => {
  const memory = (): Memory => ({ months: new Map(), newest: "", broken: false });

  test("runs of this boot whose process is there are at work", () => {
    const kept = memory();
    const own = ownIdentity();
    const records = inMemory(kept);
    records.append(began(1, { ...own, runId: "own" }));
    records.append(began(1, { ...own, runId: "another start", processStart: "1" }));
    records.append(began(1, { ...own, runId: "another boot", bootId: "x" }));
    const seen = observeHistory(inMemory(kept), now);
    expect(seen.seen && [...seen.value.living]).toEqual(["own"]);
  });

  test("a run that ends while it is looked at has ended", () => {
    const kept = memory();
    const records = inMemory(kept);
    records.append(began(1));
    let looks = 0;
    const read: typeof records.read = (wanted) => {
      const found = records.read(wanted);
      looks += 1;
      if (looks === 1) records.append(ended(1));
      return found;
    };
    const seen = observeHistory({ read }, now);
    expect(seen.seen && seen.value.records.map(({ event }) => event)).toEqual(["began", "ended"]);
  });

  test("records that cannot be read are not seen, and that says why", () => {
    const broken = { ...memory(), broken: true };
    expect(observeHistory(inMemory(broken), now)).toEqual({ seen: false, reason: "the memory is broken" });
  });

  test("this month's records and those of the one before are read", () => {
    const kept = memory();
    for (const hours of [24, 24 * 25, 24 * 60, 24 * 400]) inMemory(kept).append(ended(hours));
    const seen = observeHistory(inMemory(kept), now);
    expect(seen.seen && seen.value.records.map(({ runId }) => runId)).toEqual(["run-600", "run-24"]);
  });
});
