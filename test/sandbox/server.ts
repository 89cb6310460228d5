import { posix } from "node:path";
import {
  type DatabaseContainer,
  databaseName,
  databaseUser,
  environmentFor,
  initialEnvironment,
  runSql,
  startDatabase,
  stopDatabase,
} from "./database.ts";
import { docker, label, removeContainers } from "./docker.ts";
import { holdNumber, leaseNumber, releaseNumber } from "./numbers.ts";
import { type PostgresVersion, placesOf, usualVersion } from "./postgres-version.ts";
import { keptServers, removeServer } from "./removal.ts";
import type { SandboxServer } from "./sandbox-server.ts";
import { endpointOf, runServer } from "./server-container.ts";
import {
  aliasOf,
  containerOf,
  databaseContainerOf,
  type NumberedOptions,
  type SandboxOptions,
  volumeOf,
} from "./server-options.ts";
import { shell } from "./server-shell.ts";
import { templateDirectory } from "./set-up/database-template.ts";
import { ensureImages } from "./set-up/set-up.ts";
import { writeSshFiles } from "./ssh-files.ts";

export type { SandboxOptions } from "./server-options.ts";

/** Starts a sandbox server, which is there until it is removed, or until nobody has its number any more. */
export async function startServer(options: SandboxOptions = {}): Promise<SandboxServer> {
  const number = await leaseNumber(await keptServers());
  return startNumbered({ ...options, number, kept: false });
}

/**
 * Starts a sandbox server of this number, in place of the one that is there.
 * @throws Error when the number belongs to a server of another process
 */
export async function startNumbered(options: NumberedOptions): Promise<SandboxServer> {
  const { number } = options;
  if (!(await holdNumber(number))) {
    throw new Error(`Sandbox server ${number} belongs to a process that still runs: take another --number`);
  }
  const version = options.postgres ?? usualVersion();
  const images = await ensureImages(version);
  await removeServer(number);
  const endpoint = endpointOf(options, aliasOf(number));
  const [files, mountpoint] = await Promise.all([writeSshFiles(number, endpoint), makeVolume(options)]);
  const { initdbArguments } = options;
  const initial = initdbArguments === undefined ? initialEnvironment : environmentFor(initdbArguments);
  const kind = initdbArguments === undefined ? (options.database ?? "full") : "initialised";
  const database = {
    container: databaseContainerOf(number),
    image: images.postgres,
    dataDirectory: `${mountpoint}/data`,
    mount: placesOf(version).mount,
    environment: [...initial, ...(options.databaseEnvironment ?? [])],
    number,
  };
  const running = runServer(images.server, options, endpoint, files, mountpoint);
  // A file system in memory is there for as long as a container uses it.
  if (options.dataSize !== undefined) await running;
  await Promise.all([running, makeDatabase(images.template, version, kind, database)]);
  const server = containerOf(number);
  return {
    ...endpoint,
    number,
    proxyJump: endpoint.jump?.alias ?? null,
    sshConfig: files.sshConfig,
    identityFile: files.identityFile,
    knownHosts: files.knownHosts,
    hostKey: files.hostKey,
    serverContainer: server,
    container: database.container,
    database: databaseName,
    databaseUser,
    dataDirectory: database.dataDirectory,
    node: "/opt/sandbox/bin/node",
    ...shell(server),
    psql: (sql, name) => runSql(database.container, sql, name),
    startDatabase: () => startDatabase(database),
    stopDatabase: () => stopDatabase(database.container),
    removeDatabase: () => removeContainers([database.container]),
    remove: async () => {
      await removeServer(number);
      releaseNumber(number);
    },
  };
}

async function makeVolume({ number, dataSize }: NumberedOptions): Promise<string> {
  const name = volumeOf(number);
  const inMemory = ["--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", `o=size=${dataSize}`];
  const options = dataSize === undefined ? [] : inMemory;
  await docker(["volume", "create", "--label", `${label}=${number}`, ...options, name]);
  return docker(["volume", "inspect", "--format", "{{.Mountpoint}}", name]);
}

async function makeDatabase(
  template: string,
  version: PostgresVersion,
  kind: "full" | "empty" | "none" | "initialised",
  database: DatabaseContainer,
): Promise<void> {
  if (kind === "none") return;
  if (kind === "initialised") return startDatabase(database);
  const mount = ["--volume", `${volumeOf(database.number)}:/volume`];
  const copy = 'mkdir -p "$(dirname "$2")" && cp -a "$1" "$2"';
  const target = posix.join("/volume/data", placesOf(version).below);
  await docker([
    ...["run", "--rm", "--network", "none", "--label", `${label}=${database.number}`, ...mount],
    ...["--entrypoint", "sh", template, "-c", copy, "sh", `${templateDirectory}/${kind}`, target],
  ]);
  await startDatabase(database);
}
