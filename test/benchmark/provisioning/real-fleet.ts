import { entryOf, environment, startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../../sandbox/stack.ts";
import { recordPreview } from "../simulation/record.ts";
import type { Original } from "../simulation/simulated-fleet.ts";
import { longWay, startLink } from "./link.ts";
import { printedBy } from "./program.ts";
import { type Road, roadTo } from "./road.ts";

/** A stack with real servers, all of them at the end of a long way. */
export interface Fleet {
  stack: SandboxStack;
  /** Deploys to more servers. */
  join(servers: readonly SandboxServer[]): Promise<void>;
  /** A server's key and what stands under it, with how ssh gets there. */
  entries: Readonly<Record<string, { entry: Record<string, unknown>; road: Road }>>;
  remove(): Promise<void>;
}

// More containers at once only wait for each other.
const startsAtOnce = 5;

/** Records the only server of a fleet, looked at from nearby: the way there is not the server's work. */
export async function record(
  { stack, entries }: Fleet,
  { alias, port, identityFile }: SandboxServer,
): Promise<Original> {
  const own = entries[alias];
  if (own === undefined) throw new Error(`${alias} is not in the fleet that is to be recorded`);
  const { entry, road } = own;
  const { port: farPort } = road.way;
  road.lead({ port });
  // The first preview after a deployment may have to compile what it loads.
  await stack.pulumi(["preview", "--expect-no-changes"]);
  const recording = await recordPreview(stack);
  road.lead({ port: farPort });
  const stackName = stack.name.slice(stack.name.indexOf("/") + 1);
  const state = await stack.exportState();
  return { alias, entry, sshConfig: road.sshConfig, identityFile, stackName, state, recording };
}

/** Starts servers without a database of their own; each is in `started` as soon as it is there. */
export async function startMany(count: number, started: SandboxServer[]): Promise<SandboxServer[]> {
  const fresh: SandboxServer[] = [];
  for (let at = 0; at < count; at += startsAtOnce) {
    const length = Math.min(startsAtOnce, count - at);
    const options = Array.from({ length }, () => ({ database: "none" as const }));
    const batch = await startServers(...options);
    started.push(...batch);
    fresh.push(...batch);
  }
  return fresh;
}

/** A fleet without servers yet. All of them get to the database of `owner`. */
export async function fleetOf(name: string, { container, dataDirectory }: SandboxServer): Promise<Fleet> {
  const stack = await createStack({ name, servers: [] });
  const entries: Record<string, { entry: Record<string, unknown>; road: Road }> = {};
  const ends: (() => Promise<void>)[] = [];
  return {
    stack,
    entries,
    join: async (servers) => {
      const link = await startLink(
        longWay,
        servers.map(({ port }) => port),
      );
      ends.push(link.end);
      for (const [index, server] of servers.entries()) {
        const road = roadTo(server);
        road.lead({ port: link.ports[index] ?? server.port });
        const reached = { ...server, container, dataDirectory };
        entries[server.alias] = { entry: entryOf(reached, { sshConfig: road.sshConfig }), road };
      }
      const configured = Object.entries(entries).map(([key, { entry }]) => [key, entry]);
      stack.configure({ ...environment, servers: Object.fromEntries(configured) });
      printedBy(await stack.pulumi(["up", "--yes", "--skip-preview"]));
    },
    remove: async () => {
      stack.remove();
      for (const end of ends) await end();
    },
  };
}
