import { invoke } from "@pulumi/pulumi/runtime/invoke.js";
import type { Connection } from "./connection.ts";

export interface Declaration {
  /** Every server of the configuration. */
  servers: Connection[];
  /** New key to old key. */
  formerly: Record<string, string>;
  /** Key of a server to the stack that hands it over. */
  formerStacks?: Record<string, string> | undefined;
  /** Key of a server to the directory in which what is replaced there is kept. */
  replaced?: Record<string, string> | undefined;
  /** Key of a server that leaves: `remove` takes our files away, `forget` touches nothing. */
  decommissioned: Record<string, "remove" | "forget">;
  /** Keys of the servers that this run connects to; all unless given. */
  lookedAt?: string[] | undefined;
  /** Nothing that the provider answers in this run gets into the state. */
  isPreview?: boolean | undefined;
}

/**
 * Tells the provider which servers the program declares, before any resource: without it a key that is missing from
 * the configuration could not be distinguished from a mistake. Connects to the servers side by side.
 * @returns the keys in the state that are neither declared nor decommissioned, or are not looked at; deleting their
 * resources is refused.
 */
export async function declareServers(declaration: Declaration): Promise<{ orphans: string[] }> {
  return await invoke("remotehost:index:declareServers", { ...declaration }, { async: true });
}
