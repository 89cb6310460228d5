import { copyFileSync, cpSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../infra/local-machine/places.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";

const borrowed = ["infra", "scripts", "node_modules", "package.json", "Pulumi.yaml"];

/** A stack whose servers a runner can reach: by address, pinned host key, and the agent's key. */
export async function stackForRunners(server: SandboxServer): Promise<SandboxStack> {
  const { alias, host, port, hostKey, container, dataDirectory } = server;
  const databases = { curriculum_library_api: { container, dataDirectory } };
  const entry = { host, port, hostKey, connectTimeout: "60s", databases };
  const configuration = { servers: { [alias]: entry }, runtime: "system" };
  return createStack({ servers: [], configuration });
}

/**
 * A checkout with the configuration of the stack `sandbox`, and under other names too where they are given; the
 * dependencies are this repository's.
 */
export function checkoutFor(stack: SandboxStack, ...others: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-checkout-"));
  for (const name of borrowed) symlinkSync(join(repository, name), join(directory, name));
  for (const name of ["sandbox", ...others])
    copyFileSync(join(stack.directory, "Pulumi.sandbox.yaml"), join(directory, `Pulumi.${name}.yaml`));
  return directory;
}

/** A checkout without dependencies, which its job installs. */
export function bareCheckout(): string {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-checkout-"));
  for (const name of ["package.json", "package-lock.json", ".npmrc", "Pulumi.yaml", "infra"])
    cpSync(join(repository, name), join(directory, name), { recursive: true });
  return directory;
}

/** The secrets of a job for a stack in the file system and its server. */
export function secretsFor(server: SandboxServer): {
  PULUMI_CONFIG_PASSPHRASE: string;
  SSH_PRIVATE_KEY: string;
} {
  return {
    PULUMI_CONFIG_PASSPHRASE: "sandbox",
    SSH_PRIVATE_KEY: readFileSync(server.identityFile, "utf8"),
  };
}

/** The variables of a runner and of the sandbox's Pulumi, without credentials. */
export function runnerEnvironment({ environment }: SandboxStack): NodeJS.ProcessEnv {
  const names = [
    ...["PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "npm_config_registry", "NODE_EXTRA_CA_CERTS"],
    ...["PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"],
  ];
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}
