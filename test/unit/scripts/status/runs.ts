import { expect } from "vitest";
import type { RunOutcome, RunRecord } from "../../../../scripts/contract/run-record.ts";
import type { FindingLevel } from "../../../../scripts/contract/status-report.ts";
import type { LogEntry } from "../../../../scripts/lib/program/log.ts";
import { judgeLog } from "../../../../scripts/lib/status/judge-log.ts";
import { worst } from "../../../../scripts/lib/status/levels.ts";
import type { SeenHistory, ServerObservation } from "../../../../scripts/lib/status/observation.ts";
import { beginning, record } from "../history/suite.ts";
import { hoursAgo, server } from "./observations.ts";

/** Runs of some hours ago, as records and as lines of the log, and the findings of point 8. */

export const boot = "this-boot";
export const at = (hours: number): Pick<RunRecord, "began" | "ended" | "runId" | "bootId"> => ({
  began: hoursAgo(hours).toISOString(),
  ended: hoursAgo(hours).toISOString(),
  runId: `run-${hours}`,
  bootId: boot,
});
export const ended = (hours: number, outcome: RunOutcome = "succeeded", change: Partial<RunRecord> = {}) =>
  record({
    ...at(hours),
    outcome,
    error: outcome === "succeeded" ? null : { kind: "failed", text: "no space" },
    ...change,
  });
export const began = (hours: number, change: Partial<RunRecord> = {}) =>
  beginning({ ...at(hours), ended: null, ...change });
export const restore = { program: "restore_database" };
export const rehearsal = { program: "rehearse_restore" };

export function history(
  records: readonly RunRecord[],
  change: Partial<SeenHistory> = {},
): Pick<ServerObservation, "history"> {
  const value = { records, unreadable: [], bootId: boot, living: new Set<string>(), ...change };
  return { history: { readable: true, value } };
}

export const entry = (hours: number, text: string, runId = `run-${hours}`): LogEntry => ({
  time: hoursAgo(hours),
  level: text.includes("failed") ? "error" : "info",
  database: "shop",
  runId,
  program: "backup_database",
  text,
});
export const log = (...value: LogEntry[]): Pick<ServerObservation, "log"> => ({
  log: { readable: true, value },
});

export type Case = readonly [string, Partial<ServerObservation>, FindingLevel, string];
export function expectPoint8(change: Partial<ServerObservation>, level: FindingLevel, text: string): void {
  const findings = judgeLog(server(change));
  const reported = findings.filter((finding) => finding.level === level);
  expect(worst(findings.map((finding) => finding.level)), JSON.stringify(findings)).toBe(level);
  expect(reported.map((finding) => finding.text).join("\n")).toContain(text);
  if (level !== "ok" && level !== "note") expect(reported[0]?.advice).toBeTruthy();
}
