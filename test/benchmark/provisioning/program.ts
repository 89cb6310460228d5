import { join } from "node:path";
import type { CommandResult } from "../../../infra/local-machine/command.ts";
import { entryOf, environment } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { SandboxStack, StackConfiguration } from "../../sandbox/stack.ts";
import { type Checkout, thisCheckout } from "../checkout.ts";
import type { Road } from "./road.ts";
import { forgetting } from "./state.ts";
import type { Tool } from "./tool.ts";

export const programName = "this program";
export const unpreviewedName = "this program, --skip-preview";

/** The CLI's exit code if --expect-no-changes finds changes. */
const changesExpected = 7;

/** A server by its alias, with the default time-out of a configuration. */
export function configurationAt(
  servers: readonly { server: SandboxServer; road: Road }[],
): StackConfiguration {
  const entry = ({ server, road }: { server: SandboxServer; road: Road }) => {
    const { connectTimeout: _, ...own } = entryOf(server, { sshConfig: road.sshConfig });
    return [server.alias, own];
  };
  return { ...environment, servers: Object.fromEntries(servers.map(entry)) };
}

/** The output of a command of the CLI. @throws Error with the output if it failed */
export function printedBy({ code, stdout, stderr }: CommandResult): string {
  if (code !== 0) throw new Error(`pulumi exited ${code}:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** Whether an `up` made changes. */
const changed = (output: string): boolean => /^ +[-+~]+ ?\d+ (?:to )?\w+/m.test(output);

/** Whether a preview with --expect-no-changes found changes. @throws Error with the output if it failed */
export function differenceSeenBy(result: CommandResult): boolean {
  if (result.code === changesExpected) return true;
  printedBy(result);
  return false;
}

/** This repository's program. */
export interface Program extends Tool {
  stack: SandboxStack;
}

/** A stack of this program, or of another checkout's, for one server. */
export async function program(
  server: SandboxServer,
  road: Road,
  { createStack }: Checkout = thisCheckout,
): Promise<Program> {
  const stack = await createStack({ servers: [], configuration: configurationAt([{ server, road }]) });
  return {
    name: programName,
    note: "Looks before each run and reads everything back; keeps what hands have changed; writes by fsync and rename; examines Docker, the database, cron and free space as well. An `up` looks twice, for its preview and for its update.",
    server,
    road,
    stack,
    apply: async () => changed(printedBy(await stack.pulumi(["up", "--yes"]))),
    check: async () => differenceSeenBy(await stack.pulumi(["preview", "--expect-no-changes", "--diff"])),
    forget: forgetting(join(stack.directory, ".state")),
    remove: stack.remove,
  };
}

/** The same without a preview, like the other tools. */
export async function unpreviewedProgram(server: SandboxServer, road: Road): Promise<Tool> {
  const { check: _, ...same } = await program(server, road);
  return {
    ...same,
    name: unpreviewedName,
    note: "`up --yes --skip-preview`, as a pipeline runs it that has shown the preview before. Like the other tools it looks and applies once.",
    apply: async () => changed(printedBy(await same.stack.pulumi(["up", "--yes", "--skip-preview"]))),
  };
}
