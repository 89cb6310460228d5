import { getProject, getStack } from "@pulumi/pulumi/metadata.js";
import { invoke } from "@pulumi/pulumi/runtime/invoke.js";
import type { Connection } from "./connection.ts";
import type { Requirements, ServerFacts } from "./requirements.ts";

/**
 * Looks at a server. One that is down or not ready is no error: its `problems` say why.
 * @throws when the provider plugin cannot be started.
 */
export function getServer(connection: Connection, requirements: Requirements): Promise<ServerFacts> {
  return invoke(
    "remotehost:index:getServer",
    { connection, requirements, stack: `${getProject()}/${getStack()}` },
    { async: true },
  );
}
