import type { Finding, FindingLevel, Point, Verdict } from "../../contract/status-report.ts";

/** An unknown state outranks a warning, and a known failure outranks both. */
const ranks: Readonly<Record<FindingLevel, number>> = { ok: 0, note: 1, warning: 2, unknown: 3, critical: 4 };

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
  levels.reduce<FindingLevel>((a, b) => (ranks[b] > ranks[a] ? b : a), "ok");

/** Whether a level is worse than a recorded one, which may be of a later version with other levels. */
export const isWorse = (level: FindingLevel, than: string): boolean => {
  const known = Object.entries(ranks).find(([name]) => name === than)?.[1];
  return known === undefined || ranks[level] > known;
};

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
  const sorted = [...findings].sort((a, b) => ranks[b.level] - ranks[a.level]);
  return { number, level: worst(findings.map(({ level }) => level)), findings: sorted };
}
