import { startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { SandboxStack } from "../../sandbox/stack.ts";
import { type ContestResult, hold } from "../contest.ts";
import { endAll } from "../endings.ts";
import { longWay } from "./link.ts";
import { differenceSeenBy } from "./program.ts";
import { fleetOf, startMany } from "./real-fleet.ts";
import { timedWithProcessors } from "./timing.ts";

const count = 20;

/** Measures the drift check of many servers. */
export async function fleet({ rounds }: { rounds: number }): Promise<ContestResult[]> {
  const started: SandboxServer[] = [];
  const ends: (() => Promise<void>)[] = [
    async () => {
      for (const server of started) await server.remove();
    },
  ];
  try {
    // The server that the others are compared with. All of them use its database.
    const [owner] = await startServers({});
    if (owner === undefined) throw new Error("a server was to be started");
    started.push(owner);
    const alone = await fleetOf("one", owner);
    ends.push(alone.remove);
    await alone.join([owner]);
    const others = await fleetOf("fleet", owner);
    ends.push(others.remove);
    await others.join(await startMany(count, started));
    return [await contest(alone.stack, others.stack, rounds)];
  } finally {
    await endAll(ends);
  }
}

function contest(alone: SandboxStack, others: SandboxStack, rounds: number): Promise<ContestResult> {
  return hold({
    title: `Drift check of ${count} servers on the processors that check them`,
    work: `\`pulumi preview --expect-no-changes\` of one stack as \`npm run pulumi\` runs it, ${longWay} ms round trip.`,
    rounds,
    contestants: [
      { name: "1 server", note: "The same with one server.", run: () => lookAt(alone) },
      {
        name: `${count} servers`,
        note: `${count} real sshd, each in a container and with a machine-id of its own. This machine's processors do the work of all of them as well, which is in CPU. They share one PostgreSQL. No goal: how many servers' work two processors do is no matter of the check.`,
        run: () => lookAt(others),
      },
    ],
  });
}

const lookAt = (stack: SandboxStack) =>
  timedWithProcessors(async () => {
    if (differenceSeenBy(await stack.pulumi(["preview", "--expect-no-changes"])))
      throw new Error("the drift check of a fleet sees a difference where there is none");
  });
