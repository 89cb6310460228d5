import type { CommandResult } from "../../infra/local-machine/command.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import {
  configurationFor,
  createStack,
  type SandboxStack,
  type StackConfiguration,
} from "../sandbox/stack.ts";

/** A sandbox server, and a stack that deploys to it with the real CLI. */
export interface Deployment {
  server: SandboxServer;
  stack: SandboxStack;
  /** `pulumi up --yes` with more arguments. @returns its output @throws with the output if it fails */
  up(...argv: string[]): Promise<string>;
  /** The same without the preview, which takes half of the time and which most tests do not need. */
  converge(...argv: string[]): Promise<string>;
  /** `pulumi preview --expect-no-changes --diff`. */
  preview(): Promise<{ code: number; text: string }>;
  /** Runs a command on the server as root. @throws with its output if it fails */
  onServer(command: string): Promise<string>;
  /** Restores the stack's first configuration, with these keys changed. */
  reconfigure(changes: StackConfiguration): void;
  remove(): Promise<void>;
}

/**
 * Starts a server and makes a stack for it; nothing is deployed yet. The server brings its own Node, because sending
 * the pinned one is the subject of one test and the waste of time of all others.
 */
export async function prepareDeployment(
  options: SandboxOptions,
  configuration: StackConfiguration = { runtime: "system" },
): Promise<Deployment> {
  const server = await startServer(options);
  await server.run(`ln -s ${server.node} /usr/local/bin/node`);
  const stack = await createStack({ servers: [server], configuration });
  return {
    server,
    stack,
    up: async (...argv) => printed(await stack.pulumi(["up", "--yes", ...argv])),
    converge: async (...argv) => printed(await stack.pulumi(["up", "--yes", "--skip-preview", ...argv])),
    preview: async () => {
      const { code, stdout, stderr } = await stack.pulumi(["preview", "--expect-no-changes", "--diff"]);
      return { code, text: `${stdout}${stderr}` };
    },
    onServer: async (command) => printed(await server.run(command)),
    reconfigure: (changes) =>
      stack.configure({ ...configurationFor([server]), ...configuration, ...changes }),
    remove: async () => {
      stack.remove();
      await server.remove();
    },
  };
}

/** The output of a command. @throws with the output if its exit code is not 0 */
export function printed({ code, stdout, stderr }: CommandResult): string {
  if (code !== 0) throw new Error(`exit code ${code}:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}
