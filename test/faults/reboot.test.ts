import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../sandbox/docker.ts";
import { chosen, randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { inPlaceHolds, putLauncher, ways, wordsInPlace } from "./in-place.ts";
import {
  type Before,
  liveDatabaseIsOneOf,
  logSaysWhy,
  lookBefore,
  nothingIsLeft,
  statusSaysWhy,
} from "./invariants.ts";
import { durationOf } from "./kill.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** The server loses power: all of its processes, and those of the database's container, end at once. */

let server: FaultServer;
let contents: readonly [string, string];

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 100000) as n";
  // A reboot empties the directory of locks.
  const options = { database: "empty", states: [filled], tmpfs: { "/run/database-backups": "1m" } } as const;
  server = await startFaultServer(options);
  await putLauncher(server);
  const first = await server.content();
  await server.sandbox.psql("delete from wares where n % 9 = 0");
  contents = [first, await server.content()];
});
afterAll(() => server?.remove());

const output = "/opt/test/output";

interface Rebooted {
  what: string;
  often: readonly [number, number];
  words: () => string;
  live: (before: Before, occasion: number) => Promise<unknown>;
}

const restores: readonly Rebooted[] = [
  {
    what: "a restore",
    often: [10, 1],
    words: () => `--yes ${server.archives[0]}`,
    live: () => liveDatabaseIsOneOf(server, contents),
  },
  {
    what: "a restore in place",
    often: [10, 1],
    words: () => wordsInPlace(server.archives[0]),
    live: async (before, occasion) => {
      const way = ways[occasion % ways.length] ?? ways[0];
      const printed = await server.sandbox.readFile(output);
      const words = wordsInPlace(server.archives[0]);
      await inPlaceHolds(server, { before, outcomes: contents, output: printed, way, words });
    },
  },
];

test.each(chosen("reboots", restores, 1))("a reboot at any instant of $what", async (rebooted) => {
  const { what, often, words } = rebooted;
  const random = randomFor(`reboot in ${what}`);
  const { sandbox } = server;
  const duration = await durationOf(server, "restore_database", words);
  const wanted = times(...often);
  let hits = 0;
  for (let attempt = 0; hits < wanted; attempt += 1) {
    if (attempt > wanted * 3 + 5) throw new Error("the reboots come before or after the restores");
    await sandbox.psql("delete from wares where n % 9 = 0");
    const before = await lookBefore(server);
    const running = sandbox.run(`${server.command("restore_database", words())} >${output} 2>&1 </dev/null`);
    await sleep(random.next() * duration);
    await docker(["kill", sandbox.serverContainer, sandbox.container]);
    await running;
    await sandbox.start();
    await sandbox.startDatabase();
    await backupsAreIntact(server);
    const logged = (await server.log()).slice(before.logged);
    const said = (word: string) =>
      [...logged.matchAll(new RegExp(`: (restore|rehearsal) ${word}`, "g"))].length;
    const begun = said("started") > said("finished");
    if (begun) await statusSaysWhy(server, /began and never ended/);
    await rebooted.live(before, hits);
    const next = await server.run("backup_database");
    expect(next.stderr).toBe("");
    expect(next.code, next.stdout).toBe(0);
    const runId = / (\d{8}T\d{6}-[0-9a-f]{6}) restore_database: /.exec(logged)?.[1];
    // The directory of locks is empty. If the run left no files, only the status check can tell.
    if (begun) {
      expect(runId).toBeDefined();
      await logSaysWhy(server, before, new RegExp(`: .*${runId}|began and never ended`));
    }
    await nothingIsLeft(server, before);
    await backupsAreIntact(server);
    await server.reset();
    if (!begun) continue;
    hits += 1;
    const kept = ["log", "status", "names", "older", "live", "left"] as const;
    tally(`the server rebooted at a random instant of ${what}`, 1, kept);
  }
});
