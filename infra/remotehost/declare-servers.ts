import { invoke } from "@pulumi/pulumi/runtime/invoke.js";
import type { Connection } from "./connection.ts";

export interface Declaration {
  /** Every server of the configuration. */
  servers: Connection[];
  /** New key to old key. */
  formerly: Record<string, string>;
  /** Key of a server to the stack that hands it over. */
  formerStacks?: Record<string, string> | undefined;
  /** Key of a server to its directory for replaced files. */
  replaced?: Record<string, string> | undefined;
  /** Key of a server that leaves: `remove` removes our files, `forget` touches nothing. */
  decommissioned: Record<string, "remove" | "forget">;
  /** Keys of the servers that this run connects to; all unless given. */
  lookedAt?: string[] | undefined;
  /** This run writes no answer of the provider into the state. */
  isPreview?: boolean | undefined;
}

/**
 * Tells the provider which servers the program declares, before any resource. Otherwise the provider could not
 * distinguish a server that left the configuration from a mistake. Connects to the servers in parallel.
 * @returns the keys in the state that are neither declared nor decommissioned, or are not looked at; deleting their
 * resources is refused.
 */
export async function declareServers(declaration: Declaration): Promise<{ orphans: string[] }> {
  return await invoke("remotehost:index:declareServers", { ...declaration }, { async: true });
}
