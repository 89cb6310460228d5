import { expect } from "vitest";
import type { Finding, FindingLevel } from "../../../../scripts/contract/status-report.ts";
import type { LogEntry } from "../../../../scripts/lib/program/log.ts";
import { worst } from "../../../../scripts/lib/status/levels.ts";
import type { ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { hoursAgo } from "./observations.ts";

/** Observations of the server with the finding that they must give, and entries of its log. */

/** A title, the difference from a healthy server, the worst level, and a part of that finding's text. */
export type Case = readonly [string, Partial<ServerObservation>, FindingLevel, string];

/** Checks the worst level and its text. A problem needs advice. */
export function expectFinding(findings: readonly Finding[], level: FindingLevel, text: string): void {
  expect(worst(findings.map((finding) => finding.level))).toBe(level);
  const reported = findings.filter((finding) => finding.level === level);
  expect(reported.map((finding) => finding.text).join("\n")).toContain(text);
  if (level !== "ok" && level !== "note") expect(reported[0]?.advice).toBeTruthy();
}

/** An entry of the log, by its age in hours. */
export const entry = (hours: number, text: string, runId = `run-${hours}`): LogEntry => ({
  time: hoursAgo(hours),
  level: text.includes("failed") ? "error" : "info",
  database: "shop",
  runId,
  program: "backup_database",
  text,
});
export const log = (...value: LogEntry[]): Partial<ServerObservation> => ({ log: { readable: true, value } });
