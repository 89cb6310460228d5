import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { withPulumi } from "../../../infra/pulumi-cli/pulumi-cli.ts";
import { cacheDirectory, repository, withProjectNode } from "../../sandbox/cache.ts";
import { type CommandResult, execute, succeed } from "../../sandbox/command.ts";
import { placesOf, usualVersion } from "../../sandbox/postgres-version.ts";
import { type SandboxOptions, type SandboxServer, startServer } from "../../sandbox/server.ts";
import { ensureImages } from "../../sandbox/set-up/set-up.ts";
import { writeStandIns } from "./stand-ins.ts";

/** A clone of this repository on a person's machine, and the one server that it is for. */
export interface Scene {
  server: SandboxServer;
  /** The clone: where the commands are typed. */
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** Names of the two newest backups; empty before there are any. */
  backups: { newest: string; older: string };
  /** Types a command, as another person. @throws with what it printed when it fails */
  type(command: string): Promise<string>;
  /** Another machine in the server's place, under another name and with an unknown host key. */
  replaceServer(alias: string, options: Omit<SandboxOptions, "number">): Promise<void>;
  remove(): Promise<void>;
}

/** The name that the documents give the server, and the number of the sandbox server behind it. */
export const documentedServer = "cloud.cerveras.com";
const number = 471;

/** The clone's files are copies, because commands may change them; each dependency is a link of its own. */
function makeClone(directory: string): void {
  const listed = execFileSync("git", ["ls-files", "-z", "-co", "--exclude-standard"], { cwd: repository });
  for (const path of listed.toString().split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    copyFileSync(join(repository, path), join(directory, path));
  }
  const dependencies = join(directory, "node_modules");
  mkdirSync(dependencies);
  for (const name of readdirSync(join(repository, "node_modules")))
    symlinkSync(join(repository, "node_modules", name), join(dependencies, name));
}

/** The example's stack file, with what is different about a sandbox: names that other tests' servers have too. */
function configure(directory: string, { container, dataDirectory }: SandboxServer): void {
  const path = join(directory, "Pulumi.prod.yaml");
  const differences: [string, string][] = [
    // On a machine that runs many tests at once a login may take long.
    [`    ${documentedServer}: {}`, `    ${documentedServer}:\n      connectTimeout: 60s`],
    [
      "    curriculum_library_api: {}",
      `    curriculum_library_api:\n      container: ${container}\n      dataDirectory: ${dataDirectory}`,
    ],
    // Sending the pinned Node is the subject of another test.
    ["  # database-backups:runtime: pinned", "  database-backups:runtime: system"],
  ];
  const text = differences.reduce(
    (before, [from, to]) => {
      if (!before.includes(from)) throw new Error(`Pulumi.prod.yaml has no line "${from}"`);
      return before.replace(from, to);
    },
    readFileSync(path, "utf8"),
  );
  writeFileSync(path, text);
}

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

async function startMachine(options: Omit<SandboxOptions, "number">): Promise<SandboxServer> {
  const server = await startServer({ number, ...options });
  await server.run(`ln -s ${server.node} /usr/local/bin/node`);
  return server;
}

/** A port at which nobody answers. */
const deadPort = 1;

/** A fresh server with its database, and a clone in which no stack was made yet. */
export async function openScene(): Promise<Scene> {
  let server = await startMachine({});
  const parent = mkdtempSync(join(tmpdir(), "documents-clone-"));
  const [directory, home, programs] = ["clone", "home", "programs"].map((name) => join(parent, name));
  if (directory === undefined || home === undefined || programs === undefined) throw new Error("unreachable");
  for (const path of [directory, home, join(parent, "state")]) mkdirSync(path);
  makeClone(directory);
  configure(directory, server);
  const [sshConfig, knownHosts, containerFile] = ["ssh_config", "known_hosts", "container.json"].map((name) =>
    join(parent, name),
  );
  if (sshConfig === undefined || knownHosts === undefined || containerFile === undefined)
    throw new Error("unreachable");
  copyFileSync(server.knownHosts, knownHosts);
  writeFileSync(sshConfig, hostOf(documentedServer, server.port, server.identityFile, knownHosts));
  const images = await ensureImages();
  const describeContainer = () =>
    writeFileSync(
      containerFile,
      JSON.stringify({
        container: server.container,
        image: images.postgres,
        dataDirectory: server.dataDirectory,
        mount: placesOf(usualVersion()).mount,
        number,
      }),
    );
  describeContainer();
  const outer = withProjectNode(await withPulumi());
  const which = (name: string) => succeed(["sh", "-c", `command -v ${name}`], { env: outer });
  writeStandIns(
    programs,
    { npm: await which("npm"), pulumi: await which("pulumi") },
    sshConfig,
    containerFile,
  );
  const environment: NodeJS.ProcessEnv = {
    ...outer,
    PATH: `${programs}:${outer.PATH}`,
    HOME: home,
    XDG_CACHE_HOME: dirname(cacheDirectory),
    PULUMI_BACKEND_URL: `file://${join(parent, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_HOME: join(home, ".pulumi"),
    PULUMI_SKIP_CONFIRMATIONS: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    TERM: "dumb",
    NO_COLOR: "1",
  };
  const scene: Scene = {
    server,
    directory,
    environment,
    backups: { newest: "", older: "" },
    type: async (command) => {
      const result = await execute(["sh", "-c", command], { cwd: directory, env: environment });
      if (result.code !== 0) throw new Error(`${command}\nexit code ${result.code}:\n${said(result)}`);
      return result.stdout;
    },
    replaceServer: async (alias, options) => {
      await server.remove();
      server = await startMachine(options);
      scene.server = server;
      describeContainer();
      writeFileSync(knownHosts, "");
      writeFileSync(
        sshConfig,
        hostOf(documentedServer, deadPort, server.identityFile, knownHosts) +
          hostOf(alias, server.port, server.identityFile, knownHosts),
      );
    },
    remove: async () => {
      rmSync(parent, { recursive: true, force: true });
      await server.remove();
    },
  };
  return scene;
}

const said = ({ stdout, stderr }: CommandResult): string => `${stdout}${stderr}`;
