import { compressionSettings, type Settings } from "../../scripts/contract/settings.ts";
import { defaults } from "../config/defaults.ts";
import { pingUrlPerJob } from "../config/ping-urls.ts";
import type { ServerPlan } from "../config/plan.ts";
import { durationSeconds, sizeBytes } from "../config/values.ts";
import { copyKeyFile, pathsOf, pingUrlFile } from "./installation.ts";
import { rclonePath } from "./rclone.ts";
import { scheduleOf } from "./schedule.ts";
import { storeSettings } from "./stores.ts";

/** The settings that are not in the plan. */
export interface Deployment {
  /** `project/stack`. */
  stack: string;
  programsVersion: string;
}

/** Whole seconds, at least 1. The configuration's check has refused texts that are not durations. */
const seconds = (duration: string): number => Math.max(1, Math.ceil(durationSeconds(duration) ?? 0));

/** The settings file of a server's programs. */
export function serverSettings(plan: ServerPlan, { stack, programsVersion }: Deployment): Settings {
  const { backups, copies, rehearsal, monitoring } = plan;
  const urls = pingUrlPerJob(plan);
  return {
    version: 1,
    stack,
    server: plan.key,
    programsVersion,
    databases: plan.databases.map(({ managedContainer, ...database }) => database),
    paths: pathsOf(plan),
    schedule: {
      backup: backups.schedule,
      status: monitoring.schedule,
      rehearsal: rehearsal.schedule === "never" ? null : rehearsal.schedule,
      cronTableSha256: scheduleOf(plan).sha256,
    },
    retention: backups.retention,
    manifest: backups.manifest,
    ...compressionSettings(backups.compression, backups.compressionLevel, defaults.backups.compressionLevel),
    timeouts: {
      backup: seconds(backups.timeouts.backup),
      restore: seconds(backups.timeouts.restore),
      lockWait: seconds(backups.timeouts.lockWait),
      query: seconds(backups.timeouts.query),
    },
    rehearsal: {
      // Only programs of the previous version read this.
      where: "container",
      memoryBytes: sizeBytes(rehearsal.memory) ?? 0,
      maximumAgeHours: seconds(rehearsal.maximumAge) / 3600,
    },
    ...(copies.length > 0 && {
      copies: {
        rclone: rclonePath(plan),
        keyFile: copyKeyFile(plan),
        stores: copies.map((store) => storeSettings(plan, store)),
      },
    }),
    monitoring: {
      minimumFreeBytes: sizeBytes(monitoring.minimumFreeSpace) ?? 0,
      diskWarningPercent: monitoring.diskWarningPercent,
      diskCriticalPercent: monitoring.diskCriticalPercent,
      backupAgeGraceHours: seconds(monitoring.backupAgeGrace) / 3600,
      shrinkWarningPercent: monitoring.shrinkWarningPercent,
      connectionsWarningPercent: monitoring.connectionsWarningPercent,
      longQuerySeconds: seconds(monitoring.longQuery),
      pingUrlFile: urls.backup === null ? null : pingUrlFile(plan, "backup"),
      ...(urls.rehearsal === null ? {} : { rehearsalPingUrlFile: pingUrlFile(plan, "rehearsal") }),
    },
  };
}

/** The settings file's text, with line breaks so that a preview shows a readable difference. */
export const serverSettingsText = (plan: ServerPlan, deployment: Deployment): string =>
  `${JSON.stringify(serverSettings(plan, deployment), null, 2)}\n`;
