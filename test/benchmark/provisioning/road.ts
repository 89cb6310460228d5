import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** The address and the login of a server's alias. */
export interface Way {
  port: number;
  identityFile: string;
  knownHosts: string;
}

/** The common access of all tools to a server: an alias in one ssh_config, which can be redirected unnoticed. */
export interface Road {
  alias: string;
  sshConfig: string;
  /** The present address. */
  way: Way;
  /** Redirects it to another port of this machine that leads to the same server. */
  lead(port: number): void;
}

/** A road straight to the server. Its files are removed with the server. */
export function roadTo(server: SandboxServer): Road {
  const { alias, hostKey, port, identityFile } = server;
  const directory = dirname(server.sshConfig);
  const knownHosts = join(directory, "benchmark_known_hosts");
  const sshConfig = join(directory, "benchmark_ssh_config");
  const road: Road = {
    alias,
    sshConfig,
    way: { port, identityFile, knownHosts },
    lead: (elsewhere) => {
      road.way = { ...road.way, port: elsewhere };
      writeFileSync(knownHosts, `[127.0.0.1]:${elsewhere} ${hostKey}\n`);
      writeFileSync(sshConfig, sshConfigText(alias, road.way), { mode: 0o600 });
    },
  };
  road.lead(port);
  return road;
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
