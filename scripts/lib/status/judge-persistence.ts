import { posix } from "node:path";
import type { Finding } from "../../contract/status-report.ts";
import type { ContainerMount } from "../system/docker.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed } from "./observation.ts";

/** Where the official image keeps the data when PostgreSQL cannot be asked. */
const usualDataDirectory = "/var/lib/postgresql/data";
/** Docker names a volume that nobody named by 64 hexadecimal digits; a new container gets a new, empty one. */
const anonymousVolume = /^[0-9a-f]{64}$/;

const covers = (directory: string, path: string): boolean => {
  const relative = posix.relative(directory, path);
  return relative === "" || (!relative.startsWith("../") && relative !== "..");
};

/** The mount that a path in the container lies on: the one with the longest destination. */
export function mountOf(mounts: readonly ContainerMount[], path: string): ContainerMount | null {
  const candidates = mounts.filter(({ destination }) => covers(destination, path));
  return candidates.sort((a, b) => b.destination.length - a.destination.length)[0] ?? null;
}

/** Point 4: the data directory is a mount that outlives the container, and the configured one. */
export function judgePersistence(database: DatabaseObservation): Finding[] {
  const { settings, container, postgres } = database;
  if (!container.seen) return [unknown("the container's mounts are not known [DBK-STATUS-5]", "see point 1")];
  if (container.value === null) {
    if (isNotYetDeployed(database)) return [note("not deployed yet")];
    return [unknown("there is no container to look at [DBK-STATUS-5]", "see point 1")];
  }
  const directory = (postgres.answers ? postgres.figures.dataDirectory : null) ?? usualDataDirectory;
  const mount = mountOf(container.value.mounts, directory);
  const remount = `back up, then start the container with --volume ${settings.dataDirectory}:${mount?.destination ?? directory}`;
  if (mount === null)
    return [critical(`${directory} lies in the container and goes with it [DBK-STATUS-6]`, remount)];
  if (mount.type === "volume") {
    if (mount.name !== null && !anonymousVolume.test(mount.name)) {
      return [ok(`${directory} is the volume ${mount.name}`)];
    }
    return [
      critical(
        `${directory} is an anonymous volume: a new container would begin empty [DBK-STATUS-6]`,
        remount,
      ),
    ];
  }
  if (mount.type !== "bind")
    return [critical(`${directory} is a ${mount.type} mount and will be lost [DBK-STATUS-6]`, remount)];
  if (!covers(settings.dataDirectory, mount.source)) {
    const text = `${directory} is ${mount.source}, not the configured ${settings.dataDirectory} [DBK-STATUS-7]`;
    return [warning(text, "set its dataDirectory, then: pulumi up")];
  }
  if (database.dataInMemory === true) {
    return [critical(`${mount.source} is in memory and goes with the next reboot [DBK-STATUS-6]`, remount)];
  }
  return [ok(`${directory} is ${mount.source}`)];
}
