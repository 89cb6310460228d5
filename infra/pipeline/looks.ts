import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DriftReport } from "../drift/report.ts";
import type { Look } from "./drift-issues.ts";

/** The files of drift.sh in `directory/drift-STACK` for each stack. A stack without files is reported as unknown. */
export function readLooks(directory: string, stacks: readonly string[]): Look[] {
  return stacks.map((stack) => {
    const read = (name: string) => {
      const path = join(directory, `drift-${stack}`, name);
      return existsSync(path) ? readFileSync(path, "utf8") : "";
    };
    const code = read("exit-code").trim();
    const exitCode = /^\d+$/.test(code) ? Number(code) : null;
    const report = parsed(read("report.json"));
    const hasDrift = report?.servers.some(({ verdict }) => verdict === "drift") ?? false;
    return { stack, exitCode, hasDrift, report: read("report.md"), findings: findingsIn(report) };
  });
}

/**
 * The servers of a report and their differences, as text. A report is news if this text differs from the last one's.
 * The time of the check, the words of problems (with figures that change each night) and pending deployments are left
 * out.
 */
function findingsIn(report: DriftReport | null): string {
  if (report === null) return "no report";
  const servers = report.servers.map(({ key, verdict, problems, drift }) => ({
    ...{ key, verdict, problems: problems.length },
    drift: drift.map(({ changedAt: _, ...what }) => what),
  }));
  return JSON.stringify({ failures: report.failures.length, servers });
}

function parsed(json: string): DriftReport | null {
  try {
    return DriftReport.parse(JSON.parse(json));
  } catch {
    return null;
  }
}
