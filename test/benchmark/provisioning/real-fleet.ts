import { entryOf, environment, startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../../sandbox/stack.ts";
import { longWay, startLink } from "./link.ts";
import { printedBy } from "./program.ts";
import { roadTo } from "./road.ts";

/** A stack with real servers behind a slow link. */
export interface Fleet {
  stack: SandboxStack;
  /** Deploys to more servers. */
  join(servers: readonly SandboxServer[]): Promise<void>;
  remove(): Promise<void>;
}

// More containers at once would only wait for each other.
const startsAtOnce = 5;

/** Starts servers without their own database. Each is in `started` as soon as it runs. */
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

/** A fleet without servers. Its servers will use the database of `owner`. */
export async function fleetOf(name: string, { container, dataDirectory }: SandboxServer): Promise<Fleet> {
  const stack = await createStack({ name, servers: [] });
  const entries: Record<string, Record<string, unknown>> = {};
  const ends: (() => Promise<void>)[] = [];
  return {
    stack,
    join: async (servers) => {
      const link = await startLink(
        longWay,
        servers.map(({ port }) => port),
      );
      ends.push(link.end);
      for (const [index, server] of servers.entries()) {
        const road = roadTo(server);
        road.lead(link.ports[index] ?? server.port);
        const reached = { ...server, container, dataDirectory };
        entries[server.alias] = entryOf(reached, { sshConfig: road.sshConfig });
      }
      stack.configure({ ...environment, servers: entries });
      printedBy(await stack.pulumi(["up", "--yes", "--skip-preview"]));
    },
    remove: async () => {
      stack.remove();
      for (const end of ends) await end();
    },
  };
}
