import type { Finding, FindingLevel, Point, Verdict } from "./report.ts";

/** Later is worse: what could not be looked at outranks a warning, and what is known to be broken outranks both. */
const ranks: readonly FindingLevel[] = ["ok", "note", "warning", "unknown", "critical"];

const verdicts: Readonly<Record<FindingLevel, Verdict>> = {
  ok: "healthy",
  note: "healthy",
  warning: "warning",
  unknown: "unknown",
  critical: "critical",
};

/** The exit codes of check_database_status; they are documented and do not change. */
export const exitCodes: Readonly<Record<Verdict, number>> = {
  healthy: 0,
  warning: 1,
  critical: 2,
  unknown: 3,
};

/** The worst of some levels; `ok` for none. */
export const worst = (levels: readonly FindingLevel[]): FindingLevel =>
  ranks[Math.max(0, ...levels.map((level) => ranks.indexOf(level)))] ?? "ok";

export const verdictOf = (levels: readonly FindingLevel[]): Verdict => verdicts[worst(levels)];

export const isProblem = (finding: Finding): boolean => verdicts[finding.level] !== "healthy";

export const ok = (text: string): Finding => ({ level: "ok", text, advice: null });
export const note = (text: string, advice: string | null = null): Finding => ({
  level: "note",
  text,
  advice,
});
export const warning = (text: string, advice: string): Finding => ({ level: "warning", text, advice });
export const critical = (text: string, advice: string): Finding => ({ level: "critical", text, advice });
export const unknown = (text: string, advice: string): Finding => ({ level: "unknown", text, advice });

/** A point from its findings, the worst first. */
export function point(number: number, findings: readonly Finding[]): Point {
  const sorted = [...findings].sort((a, b) => ranks.indexOf(b.level) - ranks.indexOf(a.level));
  return { number, level: worst(findings.map(({ level }) => level)), findings: sorted };
}
