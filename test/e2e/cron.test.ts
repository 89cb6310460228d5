import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseLogLine } from "../../scripts/lib/log.ts";
import { type Deployment, prepareDeployment } from "./deployment.ts";

let deployment: Deployment;

beforeAll(async () => {
  deployment = await prepareDeployment(
    { number: 64 },
    { runtime: "system", backups: { schedule: "* * * * *" } },
  );
  await deployment.converge();
});

afterAll(() => deployment?.remove());

test("cron itself makes a backup, in its own environment", async () => {
  const finished = "grep 'backup finished' /root/backup_database.log";
  // Two of cron's minutes and the backup itself; the test's own time limit is the only one.
  while ((await deployment.server.run(finished)).code !== 0) await setTimeout(500);
  const log = (await deployment.server.readFile("/root/backup_database.log")).trim().split("\n");
  const entries = log.map(parseLogLine);
  // Every line is the programs' own: nothing unexpected was printed into cron's redirection.
  expect(entries).not.toContain(null);
  const own = entries.filter((entry) => entry?.program === "backup_database");
  expect(own.map((entry) => entry?.level)).not.toContain("error");
  expect(own[0]?.text).toMatch(/^backup started/);
});

test("the status check sees the backup and the schedule that made it", async () => {
  const status = JSON.parse(await deployment.onServer("/root/check_database_status.sh --json"));
  expect(status.verdict, JSON.stringify(status)).toBe("healthy");
  expect(status.databases[0].backups.newest).toMatchObject({ verified: true, class: "regular" });
});
