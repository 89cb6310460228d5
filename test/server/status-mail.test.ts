import { afterAll, beforeAll, expect, test } from "vitest";
import { scheduleOf } from "../../infra/server-files/schedule.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import { seed, serverPlanOf } from "../unit/infra/plans.ts";
import { backups, type StatusServer, startStatusServer } from "./status-server.ts";

const record = `${backups}/.status-mail.json`;
const volatile = "/run/database-backups/status-mail.json";
let server: StatusServer;
/** The command of the cron table. */
let command: string;

beforeAll(async () => {
  server = await startStatusServer();
  expect((await server.backUp()).code).toBe(0);
  const launcher = `#!/bin/sh\nexec ${server.command} "$@"\n`;
  await server.sandbox.writeFile(server.settings.paths.statusLauncher, launcher, "0700");
  const plan = serverPlanOf({ ...seed, monitoring: { mailTo: "ops@example.org" } });
  command = scheduleOf(plan).entries[1]?.command ?? "";
  expect((await server.report()).verdict).toBe("healthy");
});
afterAll(() => server?.sandbox.remove());

/** The output that cron would mail. */
async function mailed(line = command): Promise<string> {
  const { stdout, stderr } = await server.sandbox.run(`env -i sh -c ${quote(line)}`);
  return stdout + stderr;
}

/** Makes the record of mails so many hours older. */
const age = (hours: number) =>
  server.sandbox.run(
    `for f in ${record} ${volatile}; do ${server.sandbox.node} -e '
      const fs = require("fs");
      const text = fs.readFileSync(process.argv[1], "utf8");
      const older = (time) => new Date(Date.parse(time) - ${hours} * 3600000).toISOString();
      fs.writeFileSync(process.argv[1], text.replace(/"20[0-9T:.-]+Z"/g, (time) => JSON.stringify(older(JSON.parse(time)))));
    ' $f; done`,
  );

test("a problem is mailed when it begins, once a day while it lasts, and when it is over", async () => {
  expect(await mailed()).toBe("");
  await server.sandbox.stopDatabase();
  expect(await mailed()).toMatch(/^CRITICAL .*is stopped/m);
  expect(await mailed()).toBe("");
  await age(23);
  expect(await mailed()).toBe("");
  await age(1);
  expect(await mailed()).toMatch(/^CRITICAL .*is stopped/m);
  expect(await mailed()).toBe("");
  await server.sandbox.startDatabase();
  const over = await mailed();
  expect(over).toMatch(/^OVER .*: container: /m);
  expect(over).not.toMatch(/^CRITICAL/m);
  expect(await mailed()).toBe("");
  expect((await server.sandbox.run(`stat -c %a ${record} ${volatile}`)).stdout).toBe("600\n600\n");
});

test("the record of mails survives a reboot, and an unreadable record causes one mail", async () => {
  await server.sandbox.stopDatabase();
  expect(await mailed()).toContain("CRITICAL");
  await server.sandbox.run(`rm ${volatile}`);
  expect(await mailed()).toBe("");
  await server.sandbox.run(`echo '{' >${record}; echo '{' >${volatile}`);
  expect(await mailed()).toContain("CRITICAL");
  expect(await mailed()).toBe("");
  await server.sandbox.startDatabase();
  await age(4);
  expect(await mailed()).toContain("OVER");
});

test("a mail that could not be written is not recorded as sent", async () => {
  await server.sandbox.stopDatabase();
  await server.sandbox.run(`${server.command} --mail 2>/dev/full`);
  expect(await mailed()).toContain("CRITICAL");
  await server.sandbox.startDatabase();
  await age(4);
  expect(await mailed()).toContain("OVER");
});

test("the cron table of a version before still mails, by its redirections", async () => {
  const { log, statusLauncher } = server.settings.paths;
  const before = `${statusLauncher} --quiet 2>&1 >> ${log} | tee -a ${log}`;
  await server.sandbox.stopDatabase();
  expect(await mailed(before)).toContain("CRITICAL");
  expect(await mailed(before)).toBe("");
  await server.sandbox.startDatabase();
  await age(4);
  expect(await mailed(before)).toContain("OVER");
});

test("the record is no foreign file among the backups", async () => {
  const { stdout } = await server.sandbox.run(`ls -A ${backups}`);
  expect(stdout).toContain(".status-mail.json");
  const { databases } = await server.report();
  expect(databases[0]?.backups.count).toBe(1);
});
