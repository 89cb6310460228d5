import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../infra/local-machine/command.ts";
import { cacheDirectory } from "../../infra/local-machine/places.ts";

/** How a person's ssh reaches one sandbox server. */
export interface Endpoint {
  alias: string;
  host: string;
  port: number;
  user: string;
  /** The alias, host and port of the jump host in front of it. */
  jump: { alias: string; host: string; port: number } | null;
}

/** The files of one server on the client's side; paths and the two public keys. */
export interface SshFiles {
  directory: string;
  sshConfig: string;
  identityFile: string;
  knownHosts: string;
  /** `ssh-ed25519 BASE64`. */
  hostKey: string;
  hostKeyFile: string;
}

/** The directory with a server's ssh files; removed with the server. */
export function sshDirectory(number: number): string {
  return join(cacheDirectory, "sandbox", String(number));
}

/** Makes a key pair for the person, one for the server, and the ssh_config and known_hosts that know them. */
export async function writeSshFiles(number: number, endpoint: Endpoint): Promise<SshFiles> {
  const directory = sshDirectory(number);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = {
    directory,
    sshConfig: join(directory, "ssh_config"),
    identityFile: join(directory, "id_ed25519"),
    knownHosts: join(directory, "known_hosts"),
    hostKeyFile: join(directory, "host_key"),
  };
  await Promise.all([
    generateKey(files.identityFile, `sandbox-${number}`),
    generateKey(files.hostKeyFile, `host of sandbox-${number}`),
  ]);
  const hostKey = readFileSync(`${files.hostKeyFile}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" ");
  const places = endpoint.jump ? [endpoint, endpoint.jump] : [endpoint];
  writeFileSync(files.knownHosts, places.map(({ host, port }) => `[${host}]:${port} ${hostKey}\n`).join(""));
  writeFileSync(files.sshConfig, sshConfig(endpoint, files.identityFile, files.knownHosts));
  chmodSync(files.sshConfig, 0o600);
  return { ...files, hostKey };
}

function sshConfig(endpoint: Endpoint, identityFile: string, knownHosts: string): string {
  const common = [
    `User ${endpoint.user}`,
    `IdentityFile "${identityFile}"`,
    "IdentitiesOnly yes",
    `UserKnownHostsFile "${knownHosts}"`,
    "GlobalKnownHostsFile /dev/null",
    "StrictHostKeyChecking yes",
  ];
  const host = (alias: string, lines: string[]) =>
    [`Host ${alias}`, ...[...lines, ...common].map((line) => `  ${line}`), ""].join("\n");
  const own = [`HostName ${endpoint.host}`, `Port ${endpoint.port}`];
  if (!endpoint.jump) return host(endpoint.alias, own);
  const { alias, host: address, port } = endpoint.jump;
  return [
    host(alias, [`HostName ${address}`, `Port ${port}`]),
    host(endpoint.alias, [...own, `ProxyJump ${alias}`]),
  ].join("\n");
}

async function generateKey(path: string, comment: string): Promise<void> {
  await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path]);
}
