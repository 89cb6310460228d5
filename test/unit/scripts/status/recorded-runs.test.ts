import { describe, expect, test } from "vitest";
import type { RunRecord } from "../../../../scripts/contract/run-record.ts";
import type { Unreadable } from "../../../../scripts/lib/history/records.ts";
import { runCounts } from "../../../../scripts/lib/status/judge-log.ts";
import { judgeSchedule } from "../../../../scripts/lib/status/judge-schedule.ts";
import { observeHistory } from "../../../../scripts/lib/status/observe-history.ts";
import { ownIdentity } from "../../../../scripts/lib/system/process.ts";
import { inMemory, type Memory } from "../history/in-memory.ts";
import { backup, database, notYetDeployed, now, server } from "./observations.ts";
import { began, type Case, ended, expectPoint8, history, rehearsal, restore } from "./runs.ts";

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
      { history: { readable: false, reason: "x.jsonl: it is a directory" } },
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
      "is unknown",
    ],
    [
      "one before a good backup of another database",
      {
        ...history([ended(34), ended(10)], { unreadable: [torn(1)] }),
        databases: [database(), database({ settings: { ...database().settings, name: "blog" } })],
      },
      "unknown",
      "is unknown",
    ],
  ])("a line that cannot be read is not good: %s", (_, change, level, text) =>
    expectPoint8(change, level, text),
  );
});

test("6 schedule: a run took place by its record, and when it was refused too", () => {
  const databases = [database({ backups: { readable: true, value: [backup({ hoursAgo: 34 })] } })];
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
    expect(seen.readable && [...seen.value.living]).toEqual(["own"]);
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
    expect(seen.readable && seen.value.records.map(({ event }) => event)).toEqual(["began", "ended"]);
  });

  test("unreadable records are reported with the reason", () => {
    const broken = { ...memory(), broken: true };
    expect(observeHistory(inMemory(broken), now)).toEqual({
      readable: false,
      reason: "the memory is broken",
    });
  });

  test("this month's records and those of the one before are read", () => {
    const kept = memory();
    for (const hours of [24, 24 * 25, 24 * 60, 24 * 400]) inMemory(kept).append(ended(hours));
    const seen = observeHistory(inMemory(kept), now);
    expect(seen.readable && seen.value.records.map(({ runId }) => runId)).toEqual(["run-600", "run-24"]);
  });
});
