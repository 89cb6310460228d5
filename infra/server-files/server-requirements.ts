import { dirname } from "node:path/posix";
import type { ServerPlan } from "../config/plan.ts";
import { sizeBytes } from "../config/values.ts";
import type { Requirements } from "../requirements/requirements.ts";
import { programPurposes } from "./installation.ts";

/** What the deployment and the programs call. */
const commands = ["cron", "docker", "flock", "gzip", "logrotate", "sha256sum"];

/** Room for two Nodes, because the new one is written before the old one goes; without one, for the programs. */
const installationSpace = { pinned: 300 * 2 ** 20, system: 10 * 2 ** 20 };

/**
 * What a server must offer before anything of it is changed: of a container that the same run makes and starts nothing
 * can be asked yet.
 */
export function requirementsBefore(plan: ServerPlan): Requirements {
  const requirements = serverRequirements(plan);
  return requirements.managed === undefined ? requirements : { ...requirements, before: true };
}

/** Where the launchers lie, and the Node that is sent. */
function executedFrom(paths: ServerPlan["paths"], runtime: ServerPlan["runtime"]): string[] {
  const launchers = Object.values(programPurposes).map(({ launcher }) => dirname(paths[launcher]));
  return [...new Set([...(runtime === "pinned" ? [paths.installation] : []), ...launchers])];
}

/** What a server must offer for its plan. */
export function serverRequirements({
  backups,
  paths,
  databases,
  monitoring,
  runtime,
  formerStack,
}: ServerPlan): Requirements {
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
      { path: paths.installation, minimumFree: installationSpace[runtime] },
    ],
    pathSettings: { [paths.backups]: "paths.backups", [paths.installation]: "paths.installation" },
    executes: executedFrom(paths, runtime),
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
