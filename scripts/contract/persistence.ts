import { posix } from "node:path";
import * as z from "zod/mini";

/**
 * Whether a database's data outlives its container and is in the configured directory. The deployment checks it before
 * it changes anything, the status check every time; each has its own words for the verdict.
 */

/** The official image's data directory, unless PGDATA or PostgreSQL itself has another one. */
export const usualDataDirectory = "/var/lib/postgresql/data";

export interface ContainerMount {
  /** Docker's word: bind, volume, tmpfs, … */
  type: string;
  /** On the host. */
  source: string;
  /** In the container. */
  destination: string;
  /** The volume's name; null for a bind mount. */
  name: string | null;
}

/** What `docker inspect` prints of a container's mounts. */
export const DockerMounts = z.nullable(
  z.array(
    z.object({
      Type: z.string(),
      Source: z.string(),
      Destination: z.string(),
      Name: z.optional(z.string()),
    }),
  ),
);

export const mountsOf = (printed: z.infer<typeof DockerMounts>): ContainerMount[] =>
  (printed ?? []).map(({ Type, Source, Destination, Name }) => ({
    type: Type,
    source: Source,
    destination: Destination,
    name: Name || null,
  }));

/** Docker names an unnamed volume by 64 hexadecimal digits. A new container gets a new, empty one. */
const anonymousVolume = /^[0-9a-f]{64}$/;

const covers = (directory: string, path: string): boolean => {
  const relative = posix.relative(directory, path);
  return relative === "" || (!relative.startsWith("../") && relative !== "..");
};

/** The mount that a path in the container lies on: the one with the longest destination. */
export function mountOf(mounts: readonly ContainerMount[], path: string): ContainerMount | null {
  const candidates = mounts.filter(({ destination }) => covers(destination, path));
  return candidates.toSorted((a, b) => b.destination.length - a.destination.length)[0] ?? null;
}

export type Persistence =
  /** No mount: the data is lost with the container. */
  | { kind: "inside" }
  /** A volume that a new container does not get again. */
  | { kind: "anonymous" }
  /** In memory, or of a type that is not known to outlive the container. */
  | { kind: "passing"; type: string }
  | { kind: "volume"; name: string }
  /** On the host, in or below the configured directory or elsewhere; `path` is the data directory itself. */
  | { kind: "configured" | "elsewhere"; path: string };

/**
 * A mount that is not known to last counts as lost.
 * @param directory the data directory in the container
 * @param configured the host directory configured for the data
 */
export function persistenceOf(
  mounts: readonly ContainerMount[],
  directory: string,
  configured: string,
): Persistence {
  const mount = mountOf(mounts, directory);
  if (mount === null) return { kind: "inside" };
  const { type, name, source, destination } = mount;
  if (type === "volume")
    return name === null || anonymousVolume.test(name) ? { kind: "anonymous" } : { kind: "volume", name };
  if (type !== "bind") return { kind: "passing", type };
  // The data may be below the mount's root: the directory of the data counts, not the mount's.
  const path = posix.join(source, posix.relative(destination, directory));
  return { kind: covers(configured, path) ? "configured" : "elsewhere", path };
}
