import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import type { Finding, FindingLevel } from "../../../../scripts/contract/status-report.ts";
import { firstBackupDue } from "../../../../scripts/lib/status/due-runs.ts";
import { judgeActivity } from "../../../../scripts/lib/status/judge-activity.ts";
import { judgeBackup } from "../../../../scripts/lib/status/judge-backup.ts";
import { judgeContainer } from "../../../../scripts/lib/status/judge-container.ts";
import { judgePersistence } from "../../../../scripts/lib/status/judge-persistence.ts";
import { judgeConnections, judgeDatabase } from "../../../../scripts/lib/status/judge-postgres.ts";
import { judgeServer } from "../../../../scripts/lib/status/judgement.ts";
import { worst } from "../../../../scripts/lib/status/levels.ts";
import type { DatabaseObservation } from "../../../../scripts/lib/status/observation.ts";
import {
  backup,
  container,
  database,
  hoursAgo,
  neverDeployed,
  notYetDeployed,
  now,
  server,
  settings,
  withContainer,
  withFigures,
} from "./observations.ts";

type Case = readonly [string, DatabaseObservation, FindingLevel, string];

function expectFinding(findings: readonly Finding[], level: FindingLevel, text: string): void {
  expect(worst(findings.map((finding) => finding.level))).toBe(level);
  const reported = findings.filter((finding) => finding.level === level);
  expect(reported.map((finding) => finding.text).join("\n")).toContain(text);
  if (level !== "ok" && level !== "note") expect(reported[0]?.advice).toBeTruthy();
}

const refused = (reason: string) =>
  database({ postgres: { answers: false, kind: "refused", reason: `no connection: ${reason}` } });
const withBackups = (...backups: ReturnType<typeof backup>[]) =>
  database({ backups: { readable: true, value: backups } });
const mounted = (change: Partial<(typeof container.mounts)[number]>) =>
  withContainer({ mounts: container.mounts.map((mount) => ({ ...mount, ...change })) });

describe("1 container", () => {
  test.each<Case>([
    ["runs", database(), "ok", "shop-db has run for 4 d 4 h, 0 restarts"],
    ["restarted long ago", withContainer({ restarts: 3 }), "ok", "3 restarts"],
    ["restarted today", withContainer({ restarts: 1, startedAt: hoursAgo(1) }), "warning", "1 restart"],
    ["unhealthy", withContainer({ health: "unhealthy" }), "warning", "health check"],
    ["stopped", withContainer({ status: "exited", exitCode: 137 }), "critical", "stopped (exit code 137)"],
    ["out of memory", withContainer({ status: "exited", outOfMemory: true }), "critical", "out of memory"],
    ["paused", withContainer({ status: "paused" }), "critical", "is paused"],
    ["restarting", withContainer({ status: "restarting" }), "critical", "is restarting"],
    [
      "removed",
      database({ container: { readable: true, value: null } }),
      "critical",
      "there is no container",
    ],
    ["not yet deployed", notYetDeployed, "note", "no container shop-db yet"],
    [
      "no Docker",
      database({ container: { readable: false, reason: "not on PATH" } }),
      "critical",
      "not on PATH",
    ],
  ])("%s", (_, observation, level, text) => expectFinding(judgeContainer(observation, now), level, text));
});

describe("2 connections", () => {
  const without = (kind: "container" | "silent" | "unreadable") =>
    database({ postgres: { answers: false, kind, reason: "psql did not end" } });
  const shutOut = (restoring: boolean) => ({
    ...refused("terminating connection due to administrator command"),
    lockedBy: { runId: "r", text: "restore_database, run r", restoring },
  });
  test.each<Case>([
    ["some", database(), "ok", "5 of 100 connections"],
    ["many", withFigures({ connections: { used: 80, maximum: 100 } }), "warning", "(80 %)"],
    ["refused", refused('database "x" is not currently accepting connections'), "critical", "not currently"],
    ["wrong user", refused('role "x" does not exist'), "critical", "does not exist"],
    ["wrong database", refused('database "x" does not exist'), "critical", "does not exist"],
    ["all taken", refused("sorry, too many clients already"), "critical", "too many clients"],
    ["anything else", refused("something new"), "critical", "something new"],
    [
      "shut out by a restore that lives",
      shutOut(true),
      "unknown",
      "restore_database, run r, is running and may",
    ],
    ["left shut out by a crashed one", shutOut(false), "critical", "terminating connection"],
    ["no container", without("container"), "critical", "no container to ask"],
    ["silent", without("silent"), "critical", "no answer"],
    ["unreadable", without("unreadable"), "unknown", "psql did not end"],
    ["not yet deployed", notYetDeployed, "note", "not deployed yet"],
  ])("%s", (_, observation, level, text) =>
    expectFinding(judgeConnections(observation, settings), level, text),
  );
});

describe("3 database", () => {
  test.each<Case>([
    ["there", database(), "ok", "shop_production, 8.0 MB, PostgreSQL 15.18"],
    ["shrunken", withFigures({ databaseBytes: 3_000_000 }), "warning", "63 % smaller"],
    ["not asked", refused("x"), "unknown", "is unknown"],
    ["not yet deployed", notYetDeployed, "note", "not deployed yet"],
    ["dropped, and not put back", database({ inPlaceState: "/b/.shop.json" }), "critical", "/b/.shop.json"],
    [
      "being restored in place",
      database({ inPlaceState: "/b/.shop.json", lockedBy: { runId: "r", text: "restore_database" } }),
      "ok",
      "shop_production",
    ],
  ])("%s", (_, observation, level, text) => expectFinding(judgeDatabase(observation, settings), level, text));
});

describe("4 persistence", () => {
  const volume = { type: "volume", source: "/var/lib/docker/volumes/x/_data" };
  test.each<Case>([
    ["the configured bind", database(), "ok", "is /root/shop-db/data"],
    ["a directory in it", mounted({ source: "/root/shop-db/data/15" }), "ok", "/root/shop-db/data/15"],
    ["mounted above", mounted({ destination: "/var/lib/postgresql" }), "ok", "is /root/shop-db/data"],
    ["another bind", mounted({ source: "/root/shop-db/data2" }), "warning", "not the configured"],
    ["a named volume", mounted({ ...volume, name: "shop-data" }), "ok", "the volume shop-data"],
    ["an anonymous volume", mounted({ ...volume, name: "c".repeat(64) }), "critical", "anonymous"],
    ["tmpfs", mounted({ type: "tmpfs", source: "" }), "critical", "tmpfs"],
    ["no mount", withContainer({ mounts: [] }), "critical", "is inside the container"],
    [
      "beside it",
      mounted({ destination: "/var/lib/postgresql/data2" }),
      "critical",
      "is inside the container",
    ],
    ["elsewhere", withFigures({ dataDirectory: "/data/pg" }), "critical", "/data/pg is inside the container"],
    ["in memory", database({ dataInMemory: true }), "critical", "in memory"],
    ["unreadable setting", withFigures({ dataDirectory: null }), "ok", "/var/lib/postgresql/data"],
    ["stopped, mounts known", { ...refused("x") }, "ok", "is /root/shop-db/data"],
    ["removed", database({ container: { readable: true, value: null } }), "unknown", "no container"],
    ["not yet deployed", notYetDeployed, "note", "not deployed yet"],
  ])("%s", (_, observation, level, text) => expectFinding(judgePersistence(observation), level, text));
});

describe("5 backup", () => {
  const good = [34, 58].map((hours) => backup({ hoursAgo: hours }));
  const newest = (facts: Partial<Parameters<typeof backup>[0]>) =>
    withBackups(backup({ hoursAgo: 10, ...facts }), ...good);
  test.each<Case>([
    ["of last night", newest({}), "ok", "10 h ago; 3 backups"],
    ["one missed", withBackups(...good), "warning", "too old"],
    ["two missed", withBackups(backup({ hoursAgo: 58 })), "critical", "too old"],
    ["dated in the future", newest({ hoursAgo: -1 }), "warning", "dated in the future"],
    ["smaller", newest({ shrunk: ["size 60 % smaller"] }), "warning", "the newest backup shrank: size 60 %"],
    ["without manifest", newest({ manifest: false }), "warning", "never verified"],
    ["another size than verified", newest({ sizeVerified: 999 }), "critical", "not what was verified"],
    ["a strange manifest", newest({ problem: "it describes x" }), "critical", "it describes x"],
    [
      "an older one is damaged",
      withBackups(backup({ hoursAgo: 10 }), backup({ hoursAgo: 34, sizeVerified: 1 })),
      "warning",
      "shop_34",
    ],
    [
      "an older one that no run could adopt",
      withBackups(backup({ hoursAgo: 10 }), backup({ hoursAgo: 34, manifest: false })),
      "note",
      "never verified, not counted: shop_34",
    ],
    [
      "one that was read and not adopted",
      {
        ...withBackups(backup({ hoursAgo: 10 }), backup({ hoursAgo: 34, manifest: false })),
        leftAlone: {
          [basename(backup({ hoursAgo: 34 }).archivePath)]: {
            ...{ identity: "1", readAt: now.toISOString(), passing: false },
            reason: `${backup({ hoursAgo: 34 }).archivePath} is cut off; choose another backup`,
          },
        },
      },
      "note",
      ".sql.gz (it is cut off; choose another backup)",
    ],
    ["none", withBackups(), "critical", "there is no backup"],
    ["not to be listed", database({ backups: { readable: false, reason: "EACCES" } }), "unknown", "EACCES"],
    ["not yet deployed", notYetDeployed, "note", "not deployed yet"],
  ])("%s", (_, observation, level, text) =>
    expectFinding(judgeBackup(observation, settings, now), level, text),
  );

  test("none, but the first is not due yet", () => {
    const findings = judgeBackup({ ...withBackups(), firstBackupDue: false }, settings, now);
    expectFinding(findings, "warning", "still to come");
  });
});

describe("a container that never was, once a backup was due", () => {
  test("is critical in every point that needs it", () => {
    expectFinding(judgeContainer(neverDeployed, now), "critical", "there is no container shop-db");
    expectFinding(judgeConnections(neverDeployed, settings), "critical", "no container to ask");
    expectFinding(judgeBackup(neverDeployed, settings, now), "critical", "there is no backup");
    expect(judgeServer(server({ databases: [neverDeployed] })).verdict).toBe("critical");
    expect(judgeServer(server({ databases: [notYetDeployed] })).verdict).toBe("healthy");
  });

  const installed = (hours: number) =>
    ({ readable: true, value: { sha256: "a", modifiedAt: hoursAgo(hours), ignoredBecause: null } }) as const;
  const line = (text: string, of = "shop") => ({
    time: hoursAgo(0),
    level: "error" as const,
    database: of,
    runId: "r",
    program: "backup_database",
    text,
  });
  // The backup of 02:00 is overdue at noon.
  test.each([
    ["the schedule came after it", installed(1), [], false],
    ["the schedule stood here before it", installed(20), [], true],
    ["a backup failed", installed(1), [line("backup failed: there is no container shop-db")], true],
    ["one of another database failed", installed(1), [line("backup failed: x", "other")], false],
    ["there is no schedule", { readable: true, value: null } as const, [], true],
    ["the schedule cannot be read", { readable: false, reason: "EACCES" } as const, [], true],
  ])("%s", (_, cronTable, entries, due) => {
    const { history } = server();
    const sources = { history, log: { readable: true, value: entries } } as const;
    expect(firstBackupDue(settings, now, cronTable, sources, database())).toBe(due);
  });

  test("a log or records that cannot be read excuse nothing", () => {
    const { history, log } = server();
    const unseen = { readable: false, reason: "EACCES" } as const;
    for (const hours of [20, 1]) {
      for (const sources of [
        { history, log: unseen },
        { history: unseen, log },
      ])
        expect(firstBackupDue(settings, now, installed(hours), sources, database())).toBe(true);
    }
  });
});

describe("activity", () => {
  const session = { pid: 7, user: "shop", seconds: 400 };
  const left = (kind: string, day: string) =>
    withFigures({ databases: [{ name: `shop_production_${kind}_${day}T020000-4f2a1b`, bytes: 5_000_000 }] });
  test.each<Case>([
    ["nothing", database(), "ok", ""],
    [
      "a long query",
      withFigures({ longestQuery: session }),
      "warning",
      "has run for 6 min 40 s (pid 7, user shop)",
    ],
    ["a short query", withFigures({ longestQuery: { ...session, seconds: 299 } }), "ok", ""],
    ["idle in transaction", withFigures({ longestIdleInTransaction: session }), "warning", "has been idle"],
    [
      "dead rows",
      withFigures({ liveRows: 50_000, deadRows: 20_000 }),
      "warning",
      "29 % of the rows are dead",
    ],
    ["few dead rows", withFigures({ liveRows: 10, deadRows: 90 }), "ok", ""],
    ["a poor cache", withFigures({ blocksHit: 60_000, blocksRead: 60_000 }), "note", "only 50 %"],
    ["old transactions", withFigures({ transactionAge: 1_100_000_000 }), "warning", "1100 million"],
    ["very old transactions", withFigures({ transactionAge: 2_000_000_000 }), "critical", "2000 million"],
    ["a restore that did not end", left("restoring", "20261120"), "warning", "a restore left the database"],
    [
      "a rehearsal that did not end",
      left("rehearsal", "20261120"),
      "warning",
      "a rehearsal left the database",
    ],
    ["a kept database", left("previous", "20261120"), "note", "what shop was before"],
    ["one kept too long", left("previous", "20261110"), "warning", "should be gone after 7 days"],
    ["another's database", withFigures({ databases: [{ name: "other_previous_x", bytes: 1 }] }), "ok", ""],
    ["a run", database({ lockedBy: { runId: "r", text: "backup_database, run r" } }), "note", "at work"],
  ])("%s", (_, observation, level, text) =>
    expectFinding(judgeActivity(observation, settings, now), level, text),
  );
});
