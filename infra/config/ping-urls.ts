import type { ServerPlan } from "./plan.ts";
import { filledPingUrl, type PingJob } from "./values.ts";

/** The address each job of a server pings; null for a job that sends no ping. */
export type PingUrls = Record<PingJob, string | null>;

/**
 * Each job needs its own address: with a shared one a backup's success would clear a rehearsal's failure. An address
 * without {job} belongs to the backups.
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
