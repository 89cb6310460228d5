import { median } from "../../scripts/lib/base/median.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { until } from "./until.ts";

/** What eight clients that ask without pause, each question a connection, see of a restore. */

const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
/** How often each client must have been answered before something is done, and once more after it. */
const answersBefore = 10;
const answersAfter = 3;

/** Connects, asks and leaves, without pause; after each answer or failure it says so with the time, in nanoseconds. */
const client = (user: string, database: string) => `
  while ! [ -e /tmp/stop ]; do
    if psql -X -q -A -t -U ${user} -d ${database} -c 'select count(*) from users' >/dev/null 2>&1
    then echo "answer $(date +%s%N)"; else echo "failed $(date +%s%N)"; fi
  done >/tmp/client-$1`;

/** One client's view. Gaps are the times between two answers, in milliseconds. */
export interface Seen {
  /** Questions that were not answered. */
  failures: number;
  gapsBefore: number[];
  /** Those that ended after the work had begun. */
  gapsSince: number[];
  /** Whether its last question was answered. */
  endsWell: boolean;
}

/** All clients' views together, in milliseconds. */
export interface Interruption {
  lost: number;
  worstGap: number;
  usualGapBefore: number;
  worstGapBefore: number;
}

/** Lets the clients ask, does the work once they are all answered, and waits until they are all answered again. */
export async function whileClientsAsk(sandbox: SandboxServer, work: () => Promise<void>): Promise<Seen[]> {
  const inContainer = `docker exec -i ${sandbox.container}`;
  await sandbox.run(`${inContainer} sh -c 'rm -f /tmp/stop /tmp/client*; cat >/tmp/client'`, {
    input: client(sandbox.databaseUser, sandbox.database),
  });
  const loop = `for client in ${numbers.join(" ")}; do sh /tmp/client $client & done; wait`;
  const running = sandbox.run(`${inContainer} sh`, { input: loop });
  const linesOf = async (number: number) =>
    (await sandbox.run(`${inContainer} cat /tmp/client-${number}`)).stdout.trim().split("\n");
  // One Docker client for all: eight at once would make the clients wait.
  const counts = async () => {
    const { stdout } = await sandbox.run(`${inContainer} sh -c 'grep -c . /tmp/client-*'`);
    return numbers.map((number) => Number(stdout.match(`/tmp/client-${number}:(\\d+)`)?.[1] ?? 0));
  };
  const allHave = (count: number) =>
    until(`every client has ${count} answers`, async () => Math.min(...(await counts())) >= count);
  let begun = 0;
  try {
    await allHave(answersBefore);
    begun = Date.now();
    await work();
    await allHave(Math.max(...(await counts())) + answersAfter);
  } finally {
    await sandbox.run(`${inContainer} touch /tmp/stop`);
    await running;
  }
  return Promise.all(numbers.map(async (number) => seenIn(await linesOf(number), begun)));
}

/** @param begun when the work began, in milliseconds of the clock that containers share with their host. */
function seenIn(lines: readonly string[], begun: number): Seen {
  const answered = lines
    .filter((line) => line.startsWith("answer "))
    .map((line) => Number(line.slice(7)) / 1e6);
  const gaps = answered.slice(1).map((time, index) => ({ time, gap: time - (answered[index] ?? time) }));
  return {
    failures: lines.filter((line) => line.startsWith("failed ")).length,
    gapsBefore: gaps.filter(({ time }) => time < begun).map(({ gap }) => gap),
    gapsSince: gaps.filter(({ time }) => time >= begun).map(({ gap }) => gap),
    endsWell: lines.at(-1)?.startsWith("answer ") ?? false,
  };
}

export function interruptionOf(seen: readonly Seen[]): Interruption {
  const before = seen.flatMap(({ gapsBefore }) => gapsBefore);
  return {
    lost: seen.reduce((sum, { failures }) => sum + failures, 0),
    worstGap: Math.max(...seen.flatMap(({ gapsSince }) => gapsSince)),
    usualGapBefore: median(before) ?? Number.NaN,
    worstGapBefore: Math.max(...before),
  };
}
