import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { connectionTo, urnOf } from "./bench.ts";

/** A file on a server as a resource: its path, its URN and its properties. */

export const path = "/srv/trial/greeting.txt";
export const urn = urnOf("File", "greeting");
export const greetingOn = (server: SandboxServer, more = {}) => ({
  ...{ connection: connectionTo(server), path, content: "hello\n" },
  ...more,
});

/** Removes what the test before left: its files, the kept ones and the server's records. */
export async function emptyTrial(server: SandboxServer): Promise<void> {
  await server.run("rm -rf /srv/trial /opt/database-backups /var/lib/remotehost; mkdir -m 700 /srv/trial");
}
