import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../sandbox/docker.ts";
import { randomFor, times } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { liveDatabaseIsOneOf, logSaysWhy, lookBefore, nothingIsLeft, statusSaysWhy } from "./invariants.ts";
import { durationOf } from "./kill.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** The server loses power: every process of it and of the database's container ends at once. */

let server: FaultServer;
let contents: readonly [string, string];

beforeAll(async () => {
  const filled = "create table wares as select n, md5(n::text) as text from generate_series(1, 100000) as n";
  // A reboot empties the directory of the locks.
  const options = { database: "empty", states: [filled], tmpfs: { "/run/database-backups": "1m" } } as const;
  server = await startFaultServer(207, options);
  const first = await server.content();
  await server.sandbox.psql("delete from wares where n % 9 = 0");
  contents = [first, await server.content()];
});
afterAll(() => server?.remove());

test("a reboot at any instant of a restore", async () => {
  const random = randomFor("reboot");
  const { sandbox } = server;
  const words = () => `--yes ${server.archives[0]}`;
  const duration = await durationOf(server, "restore_database", words);
  const wanted = times(20, 1);
  let hits = 0;
  for (let attempt = 0; hits < wanted; attempt += 1) {
    if (attempt > wanted * 3) throw new Error("the reboots come before or after the restores");
    await sandbox.psql("delete from wares where n % 9 = 0");
    const before = await lookBefore(server);
    const running = sandbox.run(`${server.command("restore_database", words())} >/dev/null 2>&1 </dev/null`);
    await sleep(random.next() * duration);
    await docker(["kill", sandbox.serverContainer, sandbox.container]);
    await running;
    await sandbox.start();
    await sandbox.startDatabase();
    await backupsAreIntact(server);
    await liveDatabaseIsOneOf(server, contents);
    const logged = (await server.log()).slice(before.logged);
    const begun = logged.includes("restore started") && !logged.includes("restore finished");
    if (begun) await statusSaysWhy(server, /began and never ended/);
    const next = await server.run("backup_database");
    expect(next.stderr).toBe("");
    expect(next.code, next.stdout).toBe(0);
    const runId = / (\d{8}T\d{6}-[0-9a-f]{6}) restore_database: /.exec(logged)?.[1];
    // The directory of the locks, which knew of the run, is empty: where it left no files, only the check tells.
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
    tally("the server rebooted at a random instant of a restore", 1, kept);
  }
});
