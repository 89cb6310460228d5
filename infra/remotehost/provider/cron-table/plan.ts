import { type FileWish, planFile, planFileRemoval } from "../file/plan.ts";
import type { Observation } from "../observation.ts";
import { type Plan, plan, type Step } from "../steps.ts";
import { takenOverLines, withoutTakenOverLines } from "./crontab.ts";

export interface CronTableWish extends FileWish {
  takesOver: readonly string[];
}

/** The table as any file; then the lines that it takes over go from root's own crontab, so that nothing runs twice. */
export function planCronTable(observation: Observation, crontab: string | null, wish: CronTableWish): Plan {
  const table = planFile(observation, wish);
  const steps: Step[] = [...table.steps];
  if (crontab !== null && takenOverLines(crontab, wish.takesOver).length > 0) {
    steps.push({
      do: "replace-crontab",
      before: crontab,
      after: withoutTakenOverLines(crontab, wish.takesOver),
    });
  }
  return plan(steps, `${wish.path} is already as it is wished`, table.notes);
}

export const planCronTableRemoval = planFileRemoval;
