import { entryOf, environment, startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/server.ts";
import { createStack, type SandboxStack } from "../../sandbox/stack.ts";
import { atMost, type ContestResult, hold, within } from "../contest.ts";
import { longWay, startLink } from "./link.ts";
import { differenceSeenBy, printedBy } from "./program.ts";
import { roadTo } from "./road.ts";
import { timedWithProcessors } from "./timing.ts";

/** How much is measured. */
export interface FleetExtent {
  /** How often each contestant is measured. */
  rounds: number;
  several?: number;
  many?: number;
}

/** A stack with more and more servers, all of them at the end of a long way. */
interface Fleet {
  stack: SandboxStack;
  /** Deploys to more servers. */
  join(servers: readonly SandboxServer[]): Promise<void>;
  remove(): Promise<void>;
}

/** The one server that others are compared with. Its database is everybody's. */
const single = 804;
const firstOfMany = 811;
// More containers at once only wait for each other.
const startsAtOnce = 5;

const note = (count: number) =>
  `${count} real sshd, each in a container and with a machine-id of its own. This machine's processors do the work of all of them as well, which is in CPU. They share one PostgreSQL.`;

/** What a drift check of many servers takes. Uses the sandbox server 804, and those from 811 on. */
export async function fleet({ rounds, several = 20, many = 100 }: FleetExtent): Promise<ContestResult[]> {
  const started: SandboxServer[] = [];
  const fleets: Fleet[] = [];
  try {
    const [owner] = await startServers({ number: single });
    if (owner === undefined) throw new Error(`server ${single} was to be started`);
    started.push(owner);
    const alone = await fleetOf("one", owner);
    fleets.push(alone);
    await alone.join([owner]);
    const others = await fleetOf("fleet", owner);
    fleets.push(others);
    await others.join(await startMany(firstOfMany, several, started));
    const names = { one: "1 server", several: `${several} servers`, many: `${many} servers` };
    const work = `\`pulumi preview --expect-no-changes\` of one stack, ${longWay} ms round trip.`;
    const few = await hold({
      title: `Drift check of ${several} servers`,
      work,
      rounds,
      contestants: [
        { name: names.one, note: "The same with one server.", run: lookAt(alone) },
        { name: names.several, note: note(several), run: lookAt(others) },
      ],
      goals: (median) => [
        atMost(`drift check of ${several} servers against one`, median(names.several), median(names.one), 3),
      ],
    });
    await others.join(await startMany(firstOfMany + several, many - several, started));
    const lot = await hold({
      title: `Drift check of ${many} servers`,
      work,
      rounds,
      contestants: [{ name: names.many, note: note(many), run: lookAt(others) }],
      goals: (median) => [within(`drift check of ${many} servers`, median(names.many), 15)],
    });
    return [few, lot];
  } finally {
    for (const one of fleets) await one.remove();
    for (const server of started) await server.remove();
  }
}

const lookAt =
  ({ stack }: Fleet) =>
  () =>
    timedWithProcessors(async () => {
      if (differenceSeenBy(await stack.pulumi(["preview", "--expect-no-changes"])))
        throw new Error("the drift check of a fleet sees a difference where there is none");
    });

/** Starts servers without a database of their own; each is in `started` as soon as it is there. */
async function startMany(first: number, count: number, started: SandboxServer[]): Promise<SandboxServer[]> {
  const fresh: SandboxServer[] = [];
  for (let at = 0; at < count; at += startsAtOnce) {
    const length = Math.min(startsAtOnce, count - at);
    const options = Array.from({ length }, (_, index) => ({
      number: first + at + index,
      database: "none" as const,
    }));
    const batch = await startServers(...options);
    started.push(...batch);
    fresh.push(...batch);
  }
  return fresh;
}

/** A fleet without servers yet. All of them get to the database of `owner`. */
async function fleetOf(name: string, { container, dataDirectory }: SandboxServer): Promise<Fleet> {
  const stack = await createStack({ name, servers: [] });
  const entries: Record<string, unknown> = {};
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
        road.lead({ port: link.ports[index] ?? server.port });
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
