import { pingUrlPerJob, secretAddress } from "./ping-urls.ts";
import type { ServerPlan } from "./plan.ts";
import { storeNotes } from "./store-plan.ts";

function pingNotes(plan: ServerPlan): string[] {
  if (plan.monitoring.pingUrl === secretAddress) return [];
  const { backup, rehearsal } = pingUrlPerJob(plan);
  if (backup === null || rehearsal !== null || plan.rehearsal.schedule === "never") return [];
  return [
    "rehearsals send no ping: monitoring.pingUrl has no {job}, so only backups use it. Add {job} to give each its own address; it becomes backup or rehearsal. [DBK-CONFIG-4]",
  ];
}

/** Surprising effects of a valid configuration, one sentence each. */
export const planNotes = (plan: ServerPlan): string[] => [...pingNotes(plan), ...storeNotes(plan.copies)];
