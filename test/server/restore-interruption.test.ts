import { afterAll, beforeAll, expect, test } from "vitest";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer(143);
  archive = await server.backUp();
});

afterAll(() => server?.remove());

const clients = [1, 2, 3, 4, 5, 6, 7, 8];

/** Connects, asks and leaves, without pause; after each answer or failure it says so with the time, in nanoseconds. */
const client = (user: string, database: string) => `
  while ! [ -e /tmp/stop ]; do
    if psql -X -q -A -t -U ${user} -d ${database} -c 'select count(*) from users' >/dev/null 2>&1
    then echo "answer $(date +%s%N)"; else echo "failed $(date +%s%N)"; fi
  done >/tmp/client-$1`;

interface Seen {
  failures: number;
  /** The longest time between two answers, in milliseconds. */
  worstGap: number;
  /** The median of those times. */
  usualGap: number;
  endsWell: boolean;
}

/** What eight clients in the container see while `work` is done. */
async function whileClientsAsk(work: () => Promise<void>): Promise<Seen[]> {
  const { sandbox } = server;
  const inContainer = `docker exec -i ${sandbox.container}`;
  await sandbox.run(`${inContainer} sh -c 'rm -f /tmp/stop /tmp/client*; cat >/tmp/client'`, {
    input: client(sandbox.databaseUser, sandbox.database),
  });
  const loop = `for client in ${clients.join(" ")}; do sh /tmp/client $client & done; wait`;
  const running = sandbox.run(`${inContainer} sh`, { input: loop });
  const answers = async (number: number) =>
    (await sandbox.run(`${inContainer} cat /tmp/client-${number}`)).stdout.trim().split("\n");
  const allHaveAnswers = async (more: number) => {
    const counts = await Promise.all(clients.map(async (number) => (await answers(number)).length));
    return Math.min(...counts) >= more;
  };
  await expect.poll(() => allHaveAnswers(3), { timeout: 60_000 }).toBe(true);
  await work();
  const before = Math.max(
    ...(await Promise.all(clients.map(async (number) => (await answers(number)).length))),
  );
  await expect.poll(() => allHaveAnswers(before + 3), { timeout: 60_000 }).toBe(true);
  await sandbox.run(`${inContainer} touch /tmp/stop`);
  await running;
  return Promise.all(clients.map(async (number) => seenIn(await answers(number))));
}

function seenIn(lines: readonly string[]): Seen {
  const answered = lines
    .filter((line) => line.startsWith("answer "))
    .map((line) => Number(line.slice(7)) / 1e6);
  const gaps = answered.slice(1).map((time, index) => time - (answered[index] ?? time));
  const sorted = gaps.toSorted((a, b) => a - b);
  return {
    failures: lines.filter((line) => line.startsWith("failed ")).length,
    worstGap: sorted.at(-1) ?? 0,
    usualGap: sorted[Math.floor(sorted.length / 2)] ?? 0,
    endsWell: lines.at(-1)?.startsWith("answer ") ?? false,
  };
}

test.each([
  ["a restore", () => `--yes ${archive}`],
  ["a roll back", () => "--yes --rollback"],
])(
  "during %s, eight clients that reconnect without pause lose at most one query each",
  async (what, words) => {
    let cutOff = "";
    const seen = await whileClientsAsk(async () => {
      const { code, stderr, stdout } = await server.restore(words());
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      cutOff = /clients were cut off for [^;\n]+/.exec(stdout)?.[0] ?? "";
    });
    const worst = Math.max(...seen.map(({ worstGap }) => worstGap));
    const usual = Math.max(...seen.map(({ usualGap }) => usualGap));
    const lost = seen.reduce((sum, { failures }) => sum + failures, 0);
    console.log(
      `${what}: ${cutOff}; ${lost} queries of ${seen.length} clients failed; the longest time between two answers was ${worst.toFixed(0)} ms, usually ${usual.toFixed(0)} ms`,
    );
    expect(seen.map(({ failures }) => failures).filter((failures) => failures > 1)).toEqual([]);
    expect(seen.every(({ endsWell }) => endsWell)).toBe(true);
  },
);
