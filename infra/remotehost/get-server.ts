import { getProject, getStack } from "@pulumi/pulumi/metadata.js";
import { invoke } from "@pulumi/pulumi/runtime/invoke.js";
import type { Connection } from "./connection.ts";

/** What `getServer` found out of any server. Nothing here is secret. */
export interface FoundServer {
  key: string;
  reachable: boolean;
  /** Whether the state holds resources of this server; null where no refresh has shown it. */
  deployed: boolean | null;
  /** Why the server cannot be deployed to now, each a sentence with host, cause and what to do. */
  problems: string[];
  /** What a person should know and need not act on. */
  notes: string[];
  machineId: string | null;
}

/**
 * Looks at a server. A server that is down or not ready is no error: `problems` has the reasons. `Facts` are those of
 * the examiner whose requirements are given.
 * @throws when the provider plugin cannot be started.
 */
export function getServer<Facts extends object>(
  connection: Connection,
  requirements: object,
): Promise<FoundServer & Facts> {
  return invoke(
    "remotehost:index:getServer",
    { connection, requirements, stack: `${getProject()}/${getStack()}` },
    { async: true },
  );
}
