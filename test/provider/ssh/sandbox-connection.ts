import type { Connection } from "../../../infra/remotehost/connection.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** The connection to a sandbox server, by its alias in the sandbox's ssh_config. */
export function connectionTo(server: SandboxServer, changes: Partial<Connection> = {}): Connection {
  return { key: server.alias, host: server.alias, configFile: server.sshConfig, ...changes };
}

/** The files that sessions left on the server, with bodies of large requests; empty after their end. */
export async function sessionDirectories(server: SandboxServer): Promise<string> {
  return (await server.run("ls -d /run/remotehost-session.* /var/tmp/remotehost-session.* 2>/dev/null"))
    .stdout;
}

/** Whether a process of this machine runs. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
