import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { putFaulty, putTable, removeTables, statusOf, tableFaults, traces } from "../cron-table.ts";
import { type FaultServer, startFaultServer, succeed } from "../fault-server.ts";
import { tally } from "../tally.ts";

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [""] });
});
afterAll(() => server?.remove());

const run = async () => (await succeed(server.sandbox, `ls ${traces}`)).split("\n").filter(Boolean);

test("what cron really ignores is what the status check calls wrong", async () => {
  await succeed(server.sandbox, `mkdir -p ${traces}`);
  const deployed = new Map<string, string>();
  const faults = tableFaults.filter(({ blocks = false }) => !blocks);
  for (const fault of faults) deployed.set(fault.file, await putFaulty(server, fault));
  await putTable(server, { file: "good" });
  // cron looks for changed tables every minute, and has run a good one by the second look.
  await expect.poll(run, { timeout: 180_000, interval: 1000 }).toContain("good");
  await succeed(server.sandbox, `rm -f ${traces}/*`);
  await expect.poll(run, { timeout: 120_000, interval: 1000 }).toContain("good");
  await sleep(5_000);
  const ran = new Set(await run());
  for (const fault of faults) {
    expect([fault.what, ran.has(fault.file)]).toEqual([fault.what, false]);
    const { schedule } = await statusOf(server, fault, deployed.get(fault.file) ?? "");
    expect([fault.what, schedule]).not.toEqual([fault.what, expect.stringMatching(/^(ok|note)$/)]);
    if (fault.ignored) tally(`cron runs nothing by a table that is ${fault.what}`, 1, ["status"]);
  }
  await removeTables(server);
});
