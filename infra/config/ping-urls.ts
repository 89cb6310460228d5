import type { ServerPlan } from "./plan.ts";
import { filledPingUrl, type PingJob } from "./values.ts";

/** Where a server's jobs report to; null for one that reports to nobody. */
export type PingUrls = Record<PingJob, string | null>;

/**
 * One address is for one job: a backup's success would clear a rehearsal's failure. Without {job} it is the backups'.
 */
export function pingUrlPerJob({ key, monitoring: { pingUrl }, rehearsal }: ServerPlan): PingUrls {
  if (pingUrl === undefined) return { backup: null, rehearsal: null };
  const forEach = pingUrl.includes("{job}") && rehearsal.schedule !== "never";
  return {
    backup: filledPingUrl(pingUrl, key, "backup"),
    rehearsal: forEach ? filledPingUrl(pingUrl, key, "rehearsal") : null,
  };
}

/** Stands for an address that is secret, where only Pulumi can read it. */
export const secretAddress = "https://secret.invalid/{server}";

/** What a person may not expect of a configuration that is right, one sentence each. */
export function planNotes(plan: ServerPlan): string[] {
  if (plan.monitoring.pingUrl === secretAddress) return [];
  const { backup, rehearsal } = pingUrlPerJob(plan);
  if (backup === null || rehearsal !== null || plan.rehearsal.schedule === "never") return [];
  return [
    "rehearsals report to nobody: monitoring.pingUrl is one address, and the backups have it. To have each report to its own, put {job} in it, which stands for backup or rehearsal. [DBK-CONFIG-4]",
  ];
}
