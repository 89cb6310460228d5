import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** Where a server's alias leads, and with what one logs in there. */
export interface Way {
  port: number;
  identityFile: string;
  knownHosts: string;
}

/** How all tools reach one server: by an alias in one ssh_config, which is led elsewhere without their noticing. */
export interface Road {
  alias: string;
  sshConfig: string;
  /** As it stands now. */
  way: Way;
  lead(changes: Partial<Way>): void;
}

/** A road that begins by leading straight to the server. Its files are removed with the server. */
export function roadTo(server: SandboxServer): Road {
  const { alias, hostKey, port, identityFile } = server;
  const directory = dirname(server.sshConfig);
  const knownHosts = join(directory, "benchmark_known_hosts");
  const sshConfig = join(directory, "benchmark_ssh_config");
  const road: Road = {
    alias,
    sshConfig,
    way: { port, identityFile, knownHosts },
    lead: (changes) => {
      road.way = { ...road.way, ...changes };
      writeKnownHosts(knownHosts, road.way.port, hostKey);
      writeFileSync(sshConfig, sshConfigText(alias, road.way), { mode: 0o600 });
    },
  };
  road.lead({});
  return road;
}

/** Says that this key, `TYPE BASE64`, is expected at a port of this machine. */
export function writeKnownHosts(path: string, port: number, hostKey: string): void {
  writeFileSync(path, `[127.0.0.1]:${port} ${hostKey}\n`);
}

/** The text of an ssh_config with one alias, for root. */
export function sshConfigText(alias: string, { port, identityFile, knownHosts }: Way): string {
  return `Host ${alias}
  HostName 127.0.0.1
  Port ${port}
  User root
  IdentityFile "${identityFile}"
  IdentitiesOnly yes
  UserKnownHostsFile "${knownHosts}"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`;
}
