import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, execute, succeed } from "../../infra/local-machine/command.ts";
import { repository, withProjectNode } from "../../infra/local-machine/places.ts";
import { withParallelLooks } from "../../infra/pulumi-cli/parallel-looks.ts";
import type { SandboxServer } from "./sandbox-server.ts";
import { withSandboxPulumi } from "./set-up/pulumi-cli.ts";

/** Keys of the project's configuration, without their prefix. */
export type StackConfiguration = Record<string, unknown>;

export interface StackOptions {
  /** The stack's name; `sandbox` unless given. */
  name?: string;
  servers: readonly SandboxServer[];
  /** Merged over what the servers need. */
  configuration?: StackConfiguration;
  /** Where the project directory is made; the system's temporary directory unless set. */
  parent?: string;
}

/** This repository's Pulumi program in a project directory, with a state and a stack of its own. */
export interface SandboxStack {
  /** What stands under `project/stack` in the servers' records. */
  name: string;
  directory: string;
  environment: NodeJS.ProcessEnv;
  /** The real CLI, never asking; `environment` is added to the stack's. */
  pulumi(argv: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CommandResult>;
  /** Takes the place of the whole configuration; that of another stack of the directory by its name. */
  configure(configuration: StackConfiguration, name?: string): void;
  /** The state, as `pulumi stack export --show-secrets` gives it. */
  exportState(): Promise<string>;
  remove(): void;
}

const project = "database-backups";
const linked = ["infra", "scripts", "node_modules", "package.json", "Pulumi.yaml"];

/** The configuration with which a stack deploys to sandbox servers; verification is a subject of its own. */
export function configurationFor(servers: readonly SandboxServer[]): StackConfiguration {
  const entry = ({ alias, user, sshConfig, container, dataDirectory }: SandboxServer) => [
    alias,
    {
      user,
      sshConfig,
      // On a machine that runs many tests at once a login may take long.
      connectTimeout: "60s",
      databases: { curriculum_library_api: { container, dataDirectory } },
    },
  ];
  return {
    servers: Object.fromEntries(servers.map(entry)),
    databases: { curriculum_library_api: {} },
    verification: false,
  };
}

/** Makes a project directory with an empty stack that is configured for these servers. */
export async function createStack(options: StackOptions): Promise<SandboxStack> {
  const stackName = options.name ?? "sandbox";
  const directory = mkdtempSync(join(options.parent ?? tmpdir(), "database-backups-stack-"));
  for (const name of linked) symlinkSync(join(repository, name), join(directory, name));
  const [home, state] = [join(directory, ".pulumi-home"), join(directory, ".state")];
  for (const path of [home, state]) mkdirSync(path);
  const environment: NodeJS.ProcessEnv = {
    ...withProjectNode(await withSandboxPulumi()),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    PULUMI_HOME: home,
    PULUMI_STACK: stackName,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A plugin counts only where it is on PATH, so that a run does the same each time.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    NO_COLOR: "1",
  };
  await succeed(["pulumi", "stack", "init", stackName, "--non-interactive"], {
    cwd: directory,
    env: environment,
  });
  const salts = new Map<string, string>();
  const configure = (configuration: StackConfiguration, name = stackName) => {
    const stackFile = join(directory, `Pulumi.${name}.yaml`);
    const salt = salts.get(name) ?? readFileSync(stackFile, "utf8").replace(/^config:[\s\S]*/m, "");
    salts.set(name, salt);
    const config = Object.entries(configuration).map(([key, value]) => [`${project}:${key}`, value]);
    writeFileSync(stackFile, `${salt.trim()}\nconfig: ${JSON.stringify(Object.fromEntries(config))}\n`);
  };
  configure({ ...configurationFor(options.servers), ...options.configuration });
  const pulumi: SandboxStack["pulumi"] = (argv, added = {}) =>
    execute(["pulumi", ...argv, "--non-interactive"], {
      cwd: directory,
      // As `npm run pulumi` does.
      env: withParallelLooks(argv, { ...environment, ...added }),
    });
  return {
    name: `${project}/${stackName}`,
    directory,
    environment,
    pulumi,
    configure,
    exportState: async () => {
      const exported = await pulumi(["stack", "export", "--show-secrets"]);
      if (exported.code !== 0) throw new Error(exported.stderr);
      return exported.stdout;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
