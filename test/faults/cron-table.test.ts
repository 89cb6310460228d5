import { afterAll, beforeAll, expect, test } from "vitest";
import { pathOf, putFaulty, putTable, removeTables, statusOf, tableFaults } from "./cron-table.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { tally } from "./tally.ts";

/** Cron tables that run no backup, and the status check of them. full/cron-table.test.ts tests cron itself. */

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [""] });
  const good = await statusOf(server, { file: "good" }, await putTable(server, { file: "good" }));
  expect(good).toMatchObject({ code: 0, schedule: "ok" });
});
afterAll(() => server?.remove());

test.each(chosen("cron tables", tableFaults, 4))("a cron table that is $what", async (fault) => {
  const { code, schedule, said } = await statusOf(server, fault, await putFaulty(server, fault));
  await removeTables(server);
  expect([1, 2, 3]).toContain(code);
  expect(schedule).not.toMatch(/^(ok|note)$/);
  expect(said).toContain(pathOf(fault));
  tally(`a cron table that is ${fault.what}`, 1, ["status"]);
});
