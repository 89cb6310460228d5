import { describe, test } from "vitest";
import { database } from "./observations.ts";
import { began, type Case, ended, entry, expectPoint8, history, log, restore } from "./runs.ts";

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
      "a failure counts, wherever it is reported",
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
      { log: { readable: true, value: null }, ...history([ended(10)]) },
      "ok",
      "1 of the last 1",
    ],
  ])("what this version could not record: %s", (_, change, level, text) => expectPoint8(change, level, text));
});
