import { afterAll, beforeAll, expect, test } from "vitest";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { inPlaceHolds, proveAll, putLauncher, ways, wordsInPlace } from "./in-place.ts";
import { type Killed, type Killing, killAtRandom } from "./kill.ts";

/** Restores that drop the live database first, killed at random instants. */

let server: FaultServer;
/** The contents of the two backups. Each is restored over the other in turn. */
let contents: readonly [string, string];
let live: number;

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 20000) as n";
  server = await startFaultServer({ database: "empty", states: [filled] });
  await putLauncher(server);
  const first = await server.content();
  await server.sandbox.psql("delete from wares where n % 9 = 0");
  const next = await server.run("backup_database", "--quiet");
  expect(next.code, next.stderr).toBe(0);
  await server.keep();
  contents = [first, await server.content()];
  live = 1;
});
afterAll(() => server?.remove());

const words = () => wordsInPlace(server.archives[1 - live]);

async function restore(archive: number): Promise<void> {
  const result = await server.run("restore_database", wordsInPlace(server.archives[archive]));
  expect(result.stderr).toBe("");
  expect(result.code, result.stdout).toBe(0);
}

const killing = (changes: Pick<Killing, "fault" | "often" | "reaches" | "since">): Killing => ({
  ...changes,
  program: "restore_database",
  statusSays: /began and never ended|outlived/,
  words,
  live: async ({ before, output, occasion }: Killed) => {
    const way = ways[occasion % ways.length] ?? ways[0];
    await inPlaceHolds(server, { before, outcomes: contents, output, way, words: words() });
    live = contents.indexOf(await server.content());
  },
  // The next program must clean up, whichever it is.
  next: async (_, occasion) => {
    if (occasion % 2 === 1) {
      await restore(1 - live);
      live = 1 - live;
    }
    const next = await server.run("backup_database");
    expect(next.stderr).toBe("");
    expect(next.code).toBe(0);
  },
});

const runs = [
  {
    when: "of its run",
    fault: "SIGKILL of a restore in place at a random instant",
    often: [20, 1],
    reaches: [/, in a throw-away container$/m, /\.sql\.gz/],
    proven: false,
  },
  {
    when: "between its drop and its end",
    fault: "SIGKILL of a restore in place at a random instant after its drop",
    often: [10, 1],
    since: "restores in place; until it is done",
    reaches: [/_restoring_/],
    proven: true,
  },
] as const;

test.each(chosen("kills in place", runs, 1))("killed at any instant $when", async (run) => {
  if (run.proven) await proveAll(server);
  await killAtRandom(server, killing(run));
});
