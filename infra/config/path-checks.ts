import type { ServerPlan } from "./plan.ts";
import type { Problem } from "./problems.ts";
import type { Configuration } from "./schema.ts";

/** A path of one server with the place in the file that it comes from. */
interface PlacedPath {
  path: string;
  origin: string[];
  kind: "directory" | "file" | "data";
}

const directories = new Set(["backups", "locks", "installation"]);

function placedPaths(plan: ServerPlan, configuration: Configuration): PlacedPath[] {
  const own = configuration.servers[plan.key] ?? {};
  const paths = Object.entries(plan.paths).map(([name, path]): PlacedPath => {
    const overridden = own.paths !== undefined && Object.hasOwn(own.paths, name);
    const origin = overridden ? ["servers", plan.key, "paths", name] : ["paths", name];
    return { path, origin, kind: directories.has(name) ? "directory" : "file" };
  });
  const data = plan.databases.map(({ name, dataDirectory }): PlacedPath => {
    const overridden = own.databases?.[name]?.dataDirectory !== undefined;
    const origin = [...(overridden ? ["servers", plan.key] : []), "databases", name, "dataDirectory"];
    return { path: dataDirectory, origin, kind: "data" };
  });
  // A server's own value is named rather than the environment's, so that users see their own change.
  return [...paths, ...data].sort((a, b) => a.origin.length - b.origin.length);
}

const isWithin = (inner: string, outer: string): boolean => inner.startsWith(`${outer}/`);

/** Why two paths conflict, or null. Two databases of one container share a data directory. */
function clash(one: PlacedPath, other: PlacedPath): string | null {
  const name = one.origin.join(".");
  if (one.path === other.path) {
    return one.kind === "data" && other.kind === "data"
      ? null
      : `${other.path} is also ${name}; each purpose needs a path of its own`;
  }
  if (one.kind === "file" && isWithin(other.path, one.path)) return `lies below ${name}, which is a file`;
  if (one.kind === "data" && isWithin(other.path, one.path))
    return `lies in PostgreSQL's own directory ${name}`;
  return null;
}

/** Conflicting paths of one server. */
export function pathProblems(plan: ServerPlan, configuration: Configuration): Problem[] {
  const placed = placedPaths(plan, configuration);
  return placed.flatMap((other, index) =>
    placed.flatMap((one, before) => {
      if (one === other || (one.path === other.path && before > index)) return [];
      const text = clash(one, other);
      return text === null ? [] : [{ path: other.origin, text }];
    }),
  );
}
