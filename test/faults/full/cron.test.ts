import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { type FaultServer, startFaultServer } from "../fault-server.ts";
import { lookBefore, nothingIsLeft } from "../invariants.ts";
import { backupsAreIntact } from "../survival.ts";
import { tally } from "../tally.ts";

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty" });
});
afterAll(() => server?.remove());

test("cron runs it by its own table", async () => {
  const before = await lookBefore(server);
  const line = `* * * * * root ${server.sandbox.node} /opt/test/backup_database.cjs --quiet\n`;
  await server.sandbox.writeFile("/etc/cron.d/faults", line);
  const deadline = Date.now() + 180_000;
  while (!(await server.log()).slice(before.logged).includes("backup finished")) {
    if (Date.now() > deadline) throw new Error("cron has run no backup in three minutes");
    await sleep(500);
  }
  await server.sandbox.run("rm /etc/cron.d/faults");
  await backupsAreIntact(server);
  await nothingIsLeft(server, before);
  await server.reset();
  tally("a backup by cron", 1, ["works", "names", "older", "left"]);
});
