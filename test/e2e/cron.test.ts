import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseLogLine } from "../../scripts/lib/program/log.ts";
import { type Deployment, prepareDeployment } from "./deployment.ts";

let deployment: Deployment;

beforeAll(async () => {
  deployment = await prepareDeployment({}, { runtime: "system", backups: { schedule: "* * * * *" } });
  await deployment.converge();
});

afterAll(() => deployment?.remove());

test("cron itself makes a backup, in its own environment", async () => {
  const finished = "grep 'backup finished' /root/backup_database.log";
  // This takes two of cron's minutes and a backup. Only the test's own time limit applies.
  while ((await deployment.server.run(finished)).code !== 0) await setTimeout(500);
  const log = (await deployment.server.readFile("/root/backup_database.log")).trim().split("\n");
  const entries = log.map(parseLogLine);
  // Every line is a program's own. cron's redirection caught no unexpected output.
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

test("cron makes the next backup although nothing can be logged; the preview and the status say why", async () => {
  const { server } = deployment;
  const log = "/root/backup_database.log";
  const archives = async () =>
    Number(await deployment.onServer("ls /root/database_backups/*.sql.gz | wc -l"));
  await deployment.onServer(`mv ${log} ${log}.aside; mkfifo ${log}`);
  // A running program still has the old log open.
  const before = (await archives()) + 1;
  while ((await archives()) <= before) await setTimeout(500);
  const { code, stdout } = await server.run("/root/check_database_status.sh --json");
  expect({ code, level: JSON.parse(stdout).points.log.level }).toEqual({ code: 3, level: "unknown" });
  const preview = await deployment.preview();
  expect(preview.code, preview.text).toBe(7);
  expect(preview.text).toContain(`cannot write the log ${log}: it is a fifo, not a file`);
  await deployment.onServer(`rm ${log}; mv ${log}.aside ${log}`);
  expect((await deployment.preview()).code).toBe(0);
}, 600_000);
