import type { Bundle } from "../../scripts/build.ts";
import type { ProgramName } from "../../scripts/contract/programs.ts";
import type { Settings } from "../../scripts/contract/settings.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { PingJob } from "../config/values.ts";

/** Each program's word in the names of resources, and the setting with its launcher's path. */
export const programPurposes = {
  backup_database: { purpose: "backup", launcher: "backupLauncher" },
  check_database_status: { purpose: "status", launcher: "statusLauncher" },
  restore_database: { purpose: "restore", launcher: "restoreLauncher" },
  rehearse_restore: { purpose: "rehearse", launcher: "rehearseLauncher" },
  prune_backups: { purpose: "prune", launcher: "pruneLauncher" },
  pin_backup: { purpose: "pin", launcher: "pinLauncher" },
  copy_backups: { purpose: "copy", launcher: "copyLauncher" },
} as const satisfies Record<ProgramName, { purpose: string; launcher: keyof ServerPlan["paths"] }>;

/** The directory of the bundles that the launchers execute. */
export const programsDirectory = ({ paths }: ServerPlan): string => `${paths.installation}/programs`;

/** The settings file that the programs read. */
export const settingsFile = ({ paths }: ServerPlan): string => `${paths.installation}/config.json`;

/** The file with the ping URL of a job. It is apart from the settings because the URL is a secret. */
export const pingUrlFile = ({ paths }: ServerPlan, job: PingJob): string =>
  `${paths.installation}/${pingUrlNames[job]}`;

/** `ping-url` has no job in its name because programs of older versions read it. */
export const pingUrlNames = { backup: "ping-url", rehearsal: "rehearsal-ping-url" } as const;

/** The file with what opens a store, for the same reason. */
export const storeSecretsFile = ({ paths }: ServerPlan, store: string): string =>
  `${paths.installation}/store-${store}.json`;

/** The file with the stack's key for copies. */
export const copyKeyFile = ({ paths }: ServerPlan): string => `${paths.installation}/copy-key`;

/** The programs that a server gets: that for copies only where there are stores. */
export const isWanted = (plan: ServerPlan, program: ProgramName): boolean =>
  program !== "copy_backups" || plan.copies.length > 0;

/** The paths of what a server gets. */
export function pathsOf({ copies, paths }: ServerPlan): Settings["paths"] {
  const { copyLauncher, ...others } = paths;
  return copies.length === 0 ? others : { ...others, copyLauncher };
}

/** The path of a program. It has the digest, so a new program never overwrites one that may be running. */
export const bundlePath = (plan: ServerPlan, bundle: Bundle): string =>
  `${programsDirectory(plan)}/${bundle.name}-${bundle.sha256.slice(0, 12)}.cjs`;
