import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { cacheDirectory, withProjectNode } from "../../../infra/local-machine/places.ts";
import { type DatabaseContainer, initialEnvironment } from "../../sandbox/database.ts";
import { placesOf, usualVersion } from "../../sandbox/postgres-version.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { type SandboxOptions, startNumbered, startServer } from "../../sandbox/server.ts";
import { withSandboxPulumi } from "../../sandbox/set-up/pulumi-cli.ts";
import { ensureImages } from "../../sandbox/set-up/set-up.ts";
import { configureClone, documentedServer, makeClone } from "./clone.ts";
import { writeStandIns } from "./stand-ins.ts";

/** A clone of this repository on a person's machine, and its only server. */
export interface Scene {
  server: SandboxServer;
  /** The command that creates PostgreSQL's container there. */
  container: DatabaseContainer;
  /** The clone, in which the commands are typed. */
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** The names of the two newest backups, and the content of the newest; empty before the first one. */
  backups: { newest: string; older: string; content: string };
  /** Runs a command like a person without a terminal. @throws with its output if it fails */
  type(command: string): Promise<string>;
  /** Deletes all state of Pulumi. */
  loseState(): void;
  /** Replaces the server by another machine, with another name and an unknown host key. */
  replaceServer(alias: string, options: SandboxOptions): Promise<void>;
  remove(): Promise<void>;
}

/** A port without a listener. */
const deadPort = 1;

async function startMachine(starting: Promise<SandboxServer>): Promise<SandboxServer> {
  const server = await starting;
  await server.run(`ln -s ${server.node} /usr/local/bin/node`);
  return server;
}

/** The directory of a person's machine. */
function placesIn(parent: string) {
  const place = (name: string) => join(parent, name);
  return {
    clone: place("clone"),
    home: place("home"),
    state: place("state"),
    programs: place("programs"),
    sshConfig: place("ssh_config"),
    knownHosts: place("known_hosts"),
    containerFile: place("container.json"),
  };
}

type Places = ReturnType<typeof placesIn>;

const hostOf = (
  alias: string,
  port: number,
  identityFile: string,
  knownHosts: string,
): string => `Host ${alias}
  HostName 127.0.0.1
  Port ${port}
  IdentityFile "${identityFile}"
  IdentitiesOnly yes
  UserKnownHostsFile "${knownHosts}"
  GlobalKnownHostsFile /dev/null
`;

/** The names that lead to the server. Other names lead nowhere. */
function writeSshConfig(places: Places, server: SandboxServer, alias: string): void {
  const ports = { [documentedServer]: deadPort, [alias]: server.port };
  const hosts = Object.entries(ports).map(([name, port]) =>
    hostOf(name, port, server.identityFile, places.knownHosts),
  );
  writeFileSync(places.sshConfig, hosts.join(""));
}

/** Tells the fake Kamal how PostgreSQL's container is created. */
async function describeContainer(
  places: Places,
  { container, dataDirectory, number }: SandboxServer,
): Promise<DatabaseContainer> {
  const { postgres: image } = await ensureImages();
  const { mount } = placesOf(usualVersion());
  const environment = initialEnvironment;
  const described: DatabaseContainer = { container, image, dataDirectory, mount, environment, number };
  writeFileSync(places.containerFile, JSON.stringify(described));
  return described;
}

async function environmentIn(places: Places): Promise<NodeJS.ProcessEnv> {
  const outer = withProjectNode(await withSandboxPulumi());
  const which = (name: string) => succeed(["sh", "-c", `command -v ${name}`], { env: outer });
  const real = { npm: await which("npm"), pulumi: await which("pulumi") };
  writeStandIns(places.programs, real, places.sshConfig, places.containerFile);
  return {
    ...outer,
    PATH: `${places.programs}:${outer.PATH}`,
    HOME: places.home,
    XDG_CACHE_HOME: dirname(cacheDirectory),
    PULUMI_BACKEND_URL: `file://${places.state}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_HOME: join(places.home, ".pulumi"),
    PULUMI_SKIP_CONFIRMATIONS: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    TERM: "dumb",
    NO_COLOR: "1",
  };
}

/** A new server with its database, and a clone without a stack. */
export async function openScene(): Promise<Scene> {
  const server = await startMachine(startServer());
  const parent = mkdtempSync(join(tmpdir(), "documents-clone-"));
  const places = placesIn(parent);
  for (const path of [places.clone, places.home, places.state]) mkdirSync(path);
  makeClone(places.clone);
  configureClone(places.clone, server);
  copyFileSync(server.knownHosts, places.knownHosts);
  writeSshConfig(places, server, documentedServer);
  const container = await describeContainer(places, server);
  const environment = await environmentIn(places);
  const scene: Scene = {
    server,
    container,
    directory: places.clone,
    environment,
    backups: { newest: "", older: "", content: "" },
    type: async (command) => {
      const argv = ["sh", "-c", command];
      const { code, stdout, stderr } = await execute(argv, { cwd: places.clone, env: environment });
      if (code !== 0) throw new Error(`${command}\nexit code ${code}:\n${stdout}${stderr}`);
      return stdout;
    },
    loseState: () => {
      rmSync(places.state, { recursive: true });
      mkdirSync(places.state);
    },
    replaceServer: async (alias, options) => {
      // The application's containers keep their names on every machine.
      const { number } = scene.server;
      scene.server = await startMachine(startNumbered({ ...options, number, kept: false }));
      scene.container = await describeContainer(places, scene.server);
      writeFileSync(places.knownHosts, "");
      writeSshConfig(places, scene.server, alias);
    },
    remove: async () => {
      rmSync(parent, { recursive: true, force: true });
      await scene.server.remove();
    },
  };
  return scene;
}
