import { mountOf, persistenceOf, usualDataDirectory } from "../../contract/persistence.ts";
import type { Finding } from "../../contract/status-report.ts";
import { critical, note, ok, unknown, warning } from "./levels.ts";
import { type DatabaseObservation, isNotYetDeployed } from "./observation.ts";

/** Point 4: the data directory is on a mount that outlives the container, and it is the configured one. */
export function judgePersistence(database: DatabaseObservation): Finding[] {
  const { settings, container, postgres } = database;
  if (!container.readable)
    return [unknown("the container's mounts are not known [DBK-STATUS-5]", "see point 1")];
  if (container.value === null) {
    if (isNotYetDeployed(database)) return [note("not deployed yet")];
    return [unknown("there is no container to look at [DBK-STATUS-5]", "see point 1")];
  }
  const { mounts } = container.value;
  const directory = (postgres.answers ? postgres.figures.dataDirectory : null) ?? usualDataDirectory;
  const target = mountOf(mounts, directory)?.destination ?? directory;
  const remount = `back up, then start the container with --volume ${settings.dataDirectory}:${target}`;
  const lost = (text: string) => [critical(`${directory} ${text} [DBK-STATUS-6]`, remount)];
  const place = persistenceOf(mounts, directory, settings.dataDirectory);
  switch (place.kind) {
    case "inside":
      return lost("is inside the container and is lost with it");
    case "anonymous":
      return lost("is an anonymous volume: a new container would begin empty");
    case "passing":
      return lost(`is a ${place.type} mount and is lost with the container`);
    case "volume":
      return [ok(`${directory} is the volume ${place.name}`)];
    case "elsewhere": {
      const text = `${directory} is ${place.path}, not the configured ${settings.dataDirectory} [DBK-STATUS-7]`;
      return [warning(text, "set its dataDirectory, then: pulumi up")];
    }
    case "configured":
      if (database.dataInMemory === true)
        return [
          critical(`${place.path} is in memory: its data is lost at the next reboot [DBK-STATUS-6]`, remount),
        ];
      return [ok(`${directory} is ${place.path}`)];
  }
}
