import { serverCommands } from "../server-files/commands.ts";
import { changesOf, type EngineReport } from "./changes.ts";
import type { Preflight } from "./preflight.ts";
import type { ServerResult } from "./summary.ts";

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
    readBack: [],
    verification: null,
    commands: serverCommands(plan),
  };
}
