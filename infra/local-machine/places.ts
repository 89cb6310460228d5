import { join } from "node:path";

/** The root of the repository. */
export const repository = join(import.meta.dirname, "..", "..");

export { cacheDirectory } from "./cache-directory.ts";

/** The project's own Node. npm may have been started by another one. */
export const projectNode = join(repository, "node_modules", "node", "bin", "node");

/** The environment with the project's own Node first on PATH. */
export function withProjectNode(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...environment, PATH: `${join(projectNode, "..")}:${environment.PATH ?? ""}` };
}
