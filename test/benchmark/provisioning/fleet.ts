import { startServers } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import type { SandboxStack } from "../../sandbox/stack.ts";
import { atMost, type Contestant, type ContestResult, hold, type Sample, within } from "../contest.ts";
import { endAll } from "../endings.ts";
import { postQuantumSeconds } from "../simulation/client-work.ts";
import { type SimulatedFleet, simulatedFleet } from "../simulation/simulated-fleet.ts";
import { longWay } from "./link.ts";
import { differenceSeenBy } from "./program.ts";
import { type Fleet, fleetOf, record, startMany } from "./real-fleet.ts";
import { timedWithProcessors } from "./timing.ts";

/** How much is measured. */
export interface FleetExtent {
  /** How often each contestant is measured. */
  rounds: number;
  several?: number;
  many?: number;
}

const work = `\`pulumi preview --expect-no-changes\` of one stack as \`npm run pulumi\` runs it, ${longWay} ms round trip.`;

const counted = (count: number): string => (count === 1 ? "1 server" : `${count} servers`);

/** What a drift check of many servers takes. */
export async function fleet({ rounds, several = 20, many = 100 }: FleetExtent): Promise<ContestResult[]> {
  const started: SandboxServer[] = [];
  const ends: (() => Promise<void>)[] = [
    async () => {
      for (const server of started) await server.remove();
    },
  ];
  try {
    // The one server that others are compared with. Its database is everybody's, and it is the one that is recorded.
    const [owner] = await startServers({});
    if (owner === undefined) throw new Error(`a server was to be started`);
    started.push(owner);
    const alone = await fleetOf("one", owner);
    ends.push(alone.remove);
    await alone.join([owner]);
    const original = await record(alone, owner);
    const simulated: SimulatedFleet[] = [];
    for (const count of [1, several, many]) {
      const one = await simulatedFleet(original, count, longWay);
      ends.push(one.remove);
      simulated.push(one);
    }
    const results = [await simulatedContest(simulated, [1, several, many], rounds)];
    // The servers and the stack with one of them are still needed.
    await endAll(ends.splice(2));
    const others = await fleetOf("fleet", owner);
    ends.push(others.remove);
    await others.join(await startMany(several, started));
    results.push(await realContest(alone, others, several, rounds));
    return results;
  } finally {
    await endAll(ends);
  }
}

/** The goals are those of the simulated servers: a check does not do the work of the servers that it looks at. */
function simulatedContest(
  fleets: readonly SimulatedFleet[],
  counts: readonly [number, number, number],
  rounds: number,
): Promise<ContestResult> {
  const [one, several, many] = counts;
  const contestant = (fleet: SimulatedFleet, index: number): Contestant => ({
    name: counted(counts[index] ?? 0),
    note:
      index === 0
        ? simulatedNote
        : `${counted(counts[index] ?? 0)} like it, each with a name, a host key and a machine-id of its own.`,
    run: () => lookAtSimulated(fleet),
  });
  return hold({
    title: "Drift check of simulated servers",
    work: `${work} The goals are these servers', whose own work is not in it.`,
    rounds,
    contestants: fleets.map(contestant),
    goals: (median) => [
      atMost(
        `drift check of ${several} servers against one`,
        median(counted(several)),
        median(counted(one)),
        3,
      ),
      within(`drift check of ${many} servers`, median(counted(many)), 15),
    ],
  });
}

const simulatedNote =
  "Simulated: one process speaks SSH at a port for each server and answers every request with what one real sandbox " +
  "server answered to the same request in a real preview, as long after it as the real one did; the time from the " +
  "start of ssh to the real server's first word is waited again after the simulated handshake. It lets every key in, " +
  "offers curve25519-sha256 and aes128-gcm alone, and ends the benchmark at a request that was not recorded. A current " +
  `sshd agrees on sntrup761 as well, which costs the client ${postQuantumSeconds} s of processor time a login: the ` +
  "simulating process spends as much before it answers, and CPU has it. Engine, program, plugin, ssh and the checks of " +
  "host keys are the real ones. These processors do the rest of the simulating process's work as well, which CPU is " +
  "without: key exchange, ciphers and answers.";

const realNote = (count: number): string =>
  `${count} real sshd, each in a container and with a machine-id of its own. This machine's processors do the work of all of them as well, which is in CPU. They share one PostgreSQL.`;

function realContest(alone: Fleet, others: Fleet, several: number, rounds: number): Promise<ContestResult> {
  return hold({
    title: `Drift check of ${several} servers on the processors that check them`,
    work,
    rounds,
    contestants: [
      { name: counted(1), note: "The same with one server.", run: () => lookAt(alone.stack) },
      {
        name: counted(several),
        note: `${realNote(several)} No goal: how many servers' work two processors do is no matter of the check.`,
        run: () => lookAt(others.stack),
      },
    ],
  });
}

function lookAt(stack: SandboxStack): Promise<Sample> {
  return timedWithProcessors(async () => {
    if (differenceSeenBy(await stack.pulumi(["preview", "--expect-no-changes"])))
      throw new Error("the drift check of a fleet sees a difference where there is none");
  });
}

/** Without what the simulating process takes of the processors, but for what it does in the client's place. */
async function lookAtSimulated({ stack, count, simulationSeconds }: SimulatedFleet): Promise<Sample> {
  const before = simulationSeconds();
  const { cpuSeconds = 0, ...sample } = await lookAt(stack);
  return { ...sample, cpuSeconds: cpuSeconds - (simulationSeconds() - before) + count * postQuantumSeconds };
}
