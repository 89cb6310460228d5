import type { LogEntry } from "../log.ts";
import type { StatusReport } from "./report.ts";

const remembered = 24 * 3_600_000;

/**
 * Whether a report says anything that no check of the last 24 hours has said: a problem, or that one is worse. Numbers,
 * which change from check to check, do not count.
 */
export function isNews(
  { verdict, summary, checkedAt }: Pick<StatusReport, "verdict" | "summary" | "checkedAt">,
  log: readonly LogEntry[],
): boolean {
  if (verdict === "healthy") return false;
  const since = new Date(checkedAt).getTime() - remembered;
  const before = log
    .filter(({ program, time }) => program === "check_database_status" && time.getTime() >= since)
    .flatMap(({ text }) => statements(text.replace(/^status /, "")));
  return statements(summary).some((statement) => !before.includes(statement));
}

/** The parts of a summary, each with the verdict before it; numbers go together with the unit behind them. */
function statements(summary: string): string[] {
  const [verdict = "", ...rest] = summary.split(": ");
  const parts = rest.join(": ").split("; ");
  return parts.map(
    (part) => `${verdict}: ${part.replaceAll(/\d\S*( \p{L}+)?/gu, "#").replaceAll(/#( #)+/g, "#")}`,
  );
}
