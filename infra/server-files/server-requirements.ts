import { dirname } from "node:path/posix";
import { programNames } from "../../scripts/contract/programs.ts";
import type { ServerPlan } from "../config/plan.ts";
import { sizeBytes } from "../config/values.ts";
import type { Requirements } from "../requirements/requirements.ts";
import { isWanted, programPurposes } from "./installation.ts";

/** The commands that the deployment and the programs call. */
const commands = ["cron", "docker", "flock", "gzip", "logrotate", "sha256sum"];

/** Bytes for two Nodes, because the new one is written before the old one is removed; or for the programs alone. */
const installationSpace = { pinned: 300 * 2 ** 20, system: 10 * 2 ** 20 };
/** For two of rclone's. */
const rcloneSpace = 180 * 2 ** 20;

/** The requirements before any change. A container that this run creates does not exist then, so it is not examined. */
export function requirementsBefore(plan: ServerPlan): Requirements {
  const requirements = serverRequirements(plan);
  return requirements.managed === undefined ? requirements : { ...requirements, before: true };
}

/** The directories whose files are executed: those of the launchers and of the sent programs. */
function executedFrom(plan: ServerPlan): string[] {
  const { copies, paths, runtime } = plan;
  const wanted = programNames.filter((name) => isWanted(plan, name));
  const launchers = wanted.map((name) => dirname(paths[programPurposes[name].launcher]));
  const sent = runtime === "pinned" || copies.length > 0 ? [paths.installation] : [];
  return [...new Set([...sent, ...launchers])];
}

/** The requirements of a plan. */
export function serverRequirements(plan: ServerPlan): Requirements {
  const { backups, copies, paths, databases, monitoring, runtime, formerStack } = plan;
  const managed = databases.flatMap(({ name, managedContainer }) =>
    managedContainer === null ? [] : [name],
  );
  const published = databases.flatMap(({ name, managedContainer }) => {
    const port = managedContainer?.publishedPort;
    return port === undefined ? [] : [[name, port] as const];
  });
  return {
    commands,
    directories: [
      { path: paths.backups, minimumFree: sizeBytes(monitoring.minimumFreeSpace) ?? 0 },
      {
        path: paths.installation,
        minimumFree: installationSpace[runtime] + (copies.length > 0 ? rcloneSpace : 0),
      },
    ],
    pathSettings: { [paths.backups]: "paths.backups", [paths.installation]: "paths.installation" },
    executes: executedFrom(plan),
    own: {
      cronTable: paths.cronTable,
      logRotation: paths.logRotation,
      backupLauncher: paths.backupLauncher,
      installation: paths.installation,
    },
    databases: databases.map(({ managedContainer: _, ...database }) => ({
      ...database,
      backups: paths.backups,
    })),
    ...(managed.length > 0 && { managed }),
    ...(published.length > 0 && { published: Object.fromEntries(published) }),
    runtime,
    ...(backups.compression === "zstd" && { zstd: true }),
    log: paths.log,
    mails: monitoring.mailTo !== undefined,
    ...(formerStack !== null && { formerStack }),
  };
}
