import { dirname } from "node:path/posix";
import { programNames } from "../../scripts/contract/programs.ts";
import type { ServerPlan } from "../config/plan.ts";
import { sizeBytes } from "../config/values.ts";
import type { Requirements } from "../requirements/requirements.ts";
import { isWanted, programPurposes } from "./installation.ts";

/** What the deployment and the programs call. */
const commands = ["cron", "docker", "flock", "gzip", "logrotate", "sha256sum"];

/** Room for two Nodes, because the new one is written before the old one goes; without one, for the programs. */
const installationSpace = { pinned: 300 * 2 ** 20, system: 10 * 2 ** 20 };
/** For two of rclone's. */
const rcloneSpace = 180 * 2 ** 20;

/**
 * What a server must offer before anything of it is changed: of a container that the same run makes and starts nothing
 * can be asked yet.
 */
export function requirementsBefore(plan: ServerPlan): Requirements {
  const requirements = serverRequirements(plan);
  return requirements.managed === undefined ? requirements : { ...requirements, before: true };
}

/** Where the launchers lie, and the programs that are sent. */
function executedFrom(plan: ServerPlan): string[] {
  const { copies, paths, runtime } = plan;
  const wanted = programNames.filter((name) => isWanted(plan, name));
  const launchers = wanted.map((name) => dirname(paths[programPurposes[name].launcher]));
  const sent = runtime === "pinned" || copies.length > 0 ? [paths.installation] : [];
  return [...new Set([...sent, ...launchers])];
}

/** What a server must offer for its plan. */
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
