import { describe, expect, test } from "vitest";
import { parseSurroundings } from "../../../../scripts/contract/surroundings.ts";
import { judgeSchedule } from "../../../../scripts/lib/status/judge-schedule.ts";
import type { ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { unreadableBecause } from "../../../../scripts/lib/status/observe-cron.ts";
import { type Case, entry, expectFinding, log } from "./findings.ts";
import { backup, database, hoursAgo, notYetDeployed, server, settings } from "./observations.ts";

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
