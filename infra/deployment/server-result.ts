import { serverCommands } from "../server-files/commands.ts";
import type { EngineReport } from "./changes.ts";
import type { Preflight } from "./preflight.ts";
import type { ServerResult } from "./summary.ts";

/** How many resources of a server a preview plans to change, or a run has changed. */
export const changesOf = ({ changes, done }: EngineReport, key: string, planned = false): number =>
  changes.filter(
    ({ name, type }) =>
      name.startsWith(`${key}-`) && type !== "Readiness" && (planned || done.includes(name)),
  ).length;

/** A run's messages about replaced files: what they were, and where they are kept. */
export const keptOf = ({ diagnostics }: EngineReport): string[] =>
  diagnostics.flatMap(({ message }) => (/ is kept as \//.test(message) ? [message] : []));

/** The result of a server before its verification. */
export function serverResult(
  { plan, problems, notes }: Preflight,
  report: EngineReport,
  planned: boolean,
): ServerResult {
  return {
    key: plan.key,
    changes: changesOf(report, plan.key, planned),
    problems,
    notes,
    verification: null,
    commands: serverCommands(plan),
  };
}
