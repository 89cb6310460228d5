import { homedir } from "node:os";
import { join } from "node:path";

/** The root of the repository. */
export const repository = join(import.meta.dirname, "..", "..");

/** Where set-up keeps what is dear to make: below XDG_CACHE_HOME, or ~/.cache. */
export const cacheDirectory = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "database-backups",
);

/** The project's own Node, whatever Node started npm. */
export const projectNode = join(repository, "node_modules", "node", "bin", "node");

/** Environment in which `node` is the project's own. */
export function withProjectNode(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${join(projectNode, "..")}:${environment.PATH ?? ""}` };
}
