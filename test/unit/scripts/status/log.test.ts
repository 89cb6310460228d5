import { describe, test } from "vitest";
import { judgeLog } from "../../../../scripts/lib/status/judge-log.ts";
import { type Case, entry, expectFinding, log } from "./findings.ts";
import { database, notYetDeployed, server } from "./observations.ts";

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
