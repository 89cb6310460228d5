import { serverCommands } from "../commands.ts";
import type { EngineReport } from "./changes.ts";
import type { Look } from "./preflight.ts";
import type { ServerResult } from "./summary.ts";

/** How many resources of a server a run changes. */
export const changesOf = ({ changes }: EngineReport, key: string): number =>
  changes.filter(({ name, type }) => name.startsWith(`${key}-`) && type !== "Readiness").length;

/** What there is to say of a server before its verification. */
export function serverResult({ plan, problems, notes }: Look, report: EngineReport): ServerResult {
  return {
    key: plan.key,
    changes: changesOf(report, plan.key),
    problems,
    notes,
    verification: null,
    commands: serverCommands(plan),
  };
}
