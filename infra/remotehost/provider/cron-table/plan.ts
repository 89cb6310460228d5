import { type DesiredFile, planFile, planFileRemoval } from "../file/plan.ts";
import type { Observation } from "../observation.ts";
import { type Plan, plan, type Step } from "../steps.ts";
import { takenOverLines, withoutTakenOverLines } from "./crontab.ts";

export interface DesiredCronTable extends DesiredFile {
  takesOver: readonly string[];
}

/**
 * The table is planned like any file, except that permissions are never changed in place: cron notices a new file, but
 * not another mode or owner. cron ignores a table with a second name (a hard link). After the table, the lines that it
 * takes over are removed from root's own crontab, so that no job runs twice.
 */
export function planCronTable(
  observation: Observation,
  crontab: string | null,
  desired: DesiredCronTable,
): Plan {
  const table = planFile(observation, desired);
  const steps: Step[] = table.steps.filter(({ do: kind }) => kind !== "set-permissions");
  const { path, sha256, permissions: desiredPermissions } = desired;
  const isNew = steps.some(({ do: kind }) => kind === "write");
  const isIgnored = steps.length < table.steps.length || hasOtherNames(observation);
  if (isIgnored && !isNew) steps.unshift({ do: "write", path, sha256, permissions: desiredPermissions });
  if (crontab !== null && takenOverLines(crontab, desired.takesOver).length > 0) {
    steps.push({
      do: "replace-crontab",
      before: crontab,
      after: withoutTakenOverLines(crontab, desired.takesOver),
    });
  }
  return plan(steps, `${desired.path} is already as desired`, table.notes);
}

/** Whether the table's file has another name: a hard link, such as `cp -al` makes. */
export const hasOtherNames = ({ found }: Observation): boolean => found.kind === "file" && found.links !== 1;

export const planCronTableRemoval = planFileRemoval;
