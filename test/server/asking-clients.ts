import { median } from "../../scripts/lib/base/median.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { until } from "./until.ts";

/** A restore as seen by eight clients that query without pause, with a new connection for each query. */

const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
/** The answers that each client needs before the work begins, and once more after it. */
const answersBefore = 10;
const answersAfter = 3;

/** Connects, queries and disconnects without pause. Prints each answer or failure with its time in nanoseconds. */
const client = (user: string, database: string) => `
  while ! [ -e /tmp/stop ]; do
    if psql -X -q -A -t -U ${user} -d ${database} -c 'select count(*) from users' >/dev/null 2>&1
    then echo "answer $(date +%s%N)"; else echo "failed $(date +%s%N)"; fi
  done >/tmp/client-$1`;

/** The measurements of one client. Gaps are the times between two answers, in milliseconds. */
export interface Seen {
  /** Failed queries. */
  failures: number;
  gapsBefore: number[];
  /** Gaps that ended after the work had begun. */
  gapsSince: number[];
  /** Whether its last query succeeded. */
  endsWell: boolean;
}

/** The measurements of all clients together, in milliseconds. */
export interface Interruption {
  lost: number;
  worstGap: number;
  usualGapBefore: number;
  worstGapBefore: number;
}

/** Starts the clients, does the work once all of them have answers, and waits until all have answers again. */
export async function whileClientsAsk(sandbox: SandboxServer, work: () => Promise<void>): Promise<Seen[]> {
  const inContainer = `docker exec -i ${sandbox.container}`;
  await sandbox.run(`${inContainer} sh -c 'rm -f /tmp/stop /tmp/client*; cat >/tmp/client'`, {
    input: client(sandbox.databaseUser, sandbox.database),
  });
  const loop = `for client in ${numbers.join(" ")}; do sh /tmp/client $client & done; wait`;
  const running = sandbox.run(`${inContainer} sh`, { input: loop });
  const linesOf = async (number: number) =>
    (await sandbox.run(`${inContainer} cat /tmp/client-${number}`)).stdout.trim().split("\n");
  // One Docker client for all of them, because eight starting at once would delay each other.
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

/** @param begun the start of the work, in milliseconds of the clock that containers share with their host */
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
