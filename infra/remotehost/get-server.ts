import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection.ts";
import type { Requirements, ServerFacts } from "./requirements.ts";

/**
 * Looks at a server. One that is down or not ready is no error: its `problems` say why.
 * @throws when the provider plugin cannot be started.
 */
export function getServer(connection: Connection, requirements: Requirements): Promise<ServerFacts> {
  return pulumi.runtime.invoke(
    "remotehost:index:getServer",
    { connection, requirements, stack: `${pulumi.getProject()}/${pulumi.getStack()}` },
    { async: true },
  );
}
