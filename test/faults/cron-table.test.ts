import { afterAll, beforeAll, expect, test } from "vitest";
import { pathOf, putFaulty, putTable, removeTables, statusOf, tableFaults } from "./cron-table.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer } from "./fault-server.ts";
import { tally } from "./tally.ts";

/** Cron tables by which cron runs no backup: what the status check says. See full/cron-table.test.ts for cron itself. */

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
