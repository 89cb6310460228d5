import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import type { SandboxOptions } from "../sandbox/server.ts";
import { createStack, type SandboxStack, type StackConfiguration } from "../sandbox/stack.ts";
import { configurationOf, startServers } from "./servers.ts";

/** The output of a command of the CLI and its exit code. */
export interface Outcome {
  code: number;
  text: string;
}

/** Two sandbox servers and a stack for the real CLI. Nothing is deployed yet. */
export interface Fleet {
  first: SandboxServer;
  second: SandboxServer;
  stack: SandboxStack;
  up(...argv: string[]): Promise<Outcome>;
  /** `pulumi preview --expect-no-changes --diff`. */
  preview(...argv: string[]): Promise<Outcome>;
  /** `pulumi refresh --preview-only --expect-no-changes`. */
  refresh(): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Starts both servers. By default the stack is configured for both. */
export async function startFleet(
  options: [SandboxOptions, SandboxOptions],
  configuration?: StackConfiguration,
): Promise<Fleet> {
  const [first, second] = await startServers(...options);
  if (!first || !second) throw new Error("two servers were to be started");
  const stack = await createStack({
    servers: [],
    configuration: configuration ?? configurationOf(first, second),
  });
  const run = async (...argv: string[]): Promise<Outcome> => {
    const { code, stdout, stderr } = await stack.pulumi(argv);
    return { code, text: `$ pulumi ${argv.join(" ")}\n${stdout}${stderr}` };
  };
  return {
    first,
    second,
    stack,
    up: (...argv) => run("up", "--yes", ...argv),
    preview: (...argv) => run("preview", "--expect-no-changes", "--diff", ...argv),
    refresh: () => run("refresh", "--preview-only", "--expect-no-changes"),
    remove: async () => {
      stack.remove();
      await Promise.all([first.remove(), second.remove()]);
    },
  };
}

/** The arguments of the `pulumi` command in the stack's output that deploys one server alone. */
export async function deployOnly({ stack }: Fleet, key: string): Promise<string[]> {
  const { code, stdout, stderr } = await stack.pulumi(["stack", "output", "servers", "--json"]);
  if (code !== 0) throw new Error(stderr);
  const outputs: Record<string, { commands: { deployOnly: string } }> = JSON.parse(stdout);
  const command = outputs[key]?.commands.deployOnly ?? "";
  return command.replaceAll("'", "").split(" ").slice(1);
}
