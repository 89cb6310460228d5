import { expect, test } from "vitest";
import type { LogEntry } from "../../../scripts/lib/log.ts";
import { isNews } from "../../../scripts/lib/status/news.ts";
import type { Verdict } from "../../../scripts/lib/status/report.ts";
import { hoursAgo, now } from "./status-observations.ts";

const said = (hours: number, verdict: Verdict, ...problems: string[]): LogEntry => ({
  time: hoursAgo(hours),
  level: "warning",
  database: null,
  runId: null,
  program: "check_database_status",
  text: `status ${verdict}: ${problems.join("; ")}`,
});
const report = (verdict: Verdict, ...problems: string[]) => ({
  verdict,
  summary: `${verdict}: ${problems.join("; ")}`,
  checkedAt: now.toISOString(),
});
const full = (percent: number, free: string) => `backups: ${free} free, ${percent} % used`;
const old = (age: string) =>
  `shop: the newest backup is too old: taken 2026-11-20 02:00:00 UTC, ${age}; one was due`;

test.each([
  ["the first problem", report("warning", "shop: x"), [], true],
  ["the same an hour later", report("warning", "shop: x"), [said(1, "warning", "shop: x")], false],
  [
    "the same with other numbers",
    report("warning", full(91, "900 MB")),
    [said(1, "warning", full(90, "1.1 GB"))],
    false,
  ],
  [
    "the same, a day older",
    report("warning", old("2 d 3 h ago")),
    [said(1, "warning", old("59 min 3 s ago"))],
    false,
  ],
  [
    "one that comes and goes",
    report("warning", "shop: x"),
    [said(3, "warning", "shop: x"), said(1, "healthy", "1 database")],
    false,
  ],
  [
    "one that was gone for a day",
    report("warning", "shop: x"),
    [said(30, "warning", "shop: x"), said(1, "healthy", "1 database")],
    true,
  ],
  ["another database's", report("warning", "shop: x", "blog: x"), [said(1, "warning", "shop: x")], true],
  ["one of two that stays", report("warning", "shop: x"), [said(1, "warning", "shop: x", "blog: x")], false],
  ["the same, and now critical", report("critical", "shop: x"), [said(1, "warning", "shop: x")], true],
  ["the end of all problems", report("healthy", "1 database"), [said(1, "critical", "shop: x")], false],
] as const)("%s", (_, now, before, expected) => expect(isNews(now, before)).toBe(expected));
