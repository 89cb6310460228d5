import { join } from "node:path";

/** The root of the repository. */
export const repository = join(import.meta.dirname, "..", "..");

export { cacheDirectory } from "./cache-directory.ts";

/** The project's own Node, whatever Node started npm. */
export const projectNode = join(repository, "node_modules", "node", "bin", "node");

/** Environment in which `node` is the project's own. */
export function withProjectNode(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${join(projectNode, "..")}:${environment.PATH ?? ""}` };
}
