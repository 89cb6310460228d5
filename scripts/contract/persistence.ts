import { posix } from "node:path";
import * as z from "zod/mini";

/**
 * Whether a database's data outlives its container, and lies where it is configured to lie. The deployment asks it
 * before it changes anything, the status check every time; each has its own words for the verdict.
 */

/** Where the official image keeps the data, unless PGDATA or PostgreSQL itself says otherwise. */
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

/** Docker names a volume that nobody named by 64 hexadecimal digits; a new container gets a new, empty one. */
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
  /** No mount: the data goes with the container. */
  | { kind: "inside" }
  /** A volume that a new container does not get again. */
  | { kind: "anonymous" }
  /** In memory, or of a type that is not known to outlive the container. */
  | { kind: "passing"; type: string }
  | { kind: "volume"; name: string }
  /** On the host, in or below the configured directory or elsewhere; `path` is the data directory itself. */
  | { kind: "configured" | "elsewhere"; path: string };

/**
 * What is not known to last counts as lost.
 * @param directory the data directory in the container
 * @param configured the directory of the host that is to hold the data
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
  // The data may lie below what is mounted: it counts where it is, not where the mount begins.
  const path = posix.join(source, posix.relative(destination, directory));
  return { kind: covers(configured, path) ? "configured" : "elsewhere", path };
}
