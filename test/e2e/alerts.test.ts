import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PingReceiver, secret, startPingReceiver } from "../server/ping-receiver.ts";
import { type Deployment, prepareDeployment, printed } from "./deployment.ts";

const mailTo = "ops@example.org";
const log = "/root/backup_database.log";
let deployment: Deployment;
let receiver: PingReceiver;
/** The output of `pulumi up`. */
let printedByUp: string;

beforeAll(async () => {
  deployment = await prepareDeployment(
    {},
    {
      runtime: "system",
      backups: { schedule: "* * * * *" },
      monitoring: { schedule: "* * * * *", diskWarningPercent: 99, diskCriticalPercent: 100, mailTo },
    },
  );
  const { server, stack } = deployment;
  receiver = await startPingReceiver(server);
  const address = `http://127.0.0.1:${receiver.port}/ok/${secret}`;
  const path = "database-backups:monitoring.pingUrl";
  printed(await stack.pulumi(["config", "set", "--secret", "--path", path, address]));
  printedByUp = await deployment.up("--diff");
});
afterAll(() => deployment?.remove());

const mails = async (about: string): Promise<string[]> => {
  const all = await deployment.onServer("mkdir -p /tmp/mails; cat /tmp/mails/*.mail 2>/dev/null; true");
  return all.split(/^(?=From: )/m).filter((mail) => new RegExp(`^Subject: .*${about}`, "m").test(mail));
};

test("the address to report to is on the server, and in no output, no preview and no state", async () => {
  const { server, stack } = deployment;
  const file = "/opt/database-backups/ping-url";
  expect(await server.readFile(file)).toContain(secret);
  expect(await deployment.onServer(`stat -c %a:%U ${file}`)).toBe("600:root\n");
  const { code, text } = await deployment.preview();
  expect(code, text).toBe(0);
  const outputs = printed(await stack.pulumi(["stack", "output", "--json", "--show-secrets"]));
  const records = await deployment.onServer(
    "cat /var/lib/remotehost/records/*; cat /opt/database-backups/config.json",
  );
  for (const written of [printedByUp, text, outputs, records, await stack.exportState()])
    expect(written).not.toContain(secret);
  expect(JSON.parse(outputs).servers[server.alias].notes.join()).toContain("/usr/sbin/sendmail");
});

test("a backup reports to it", async () => {
  await deployment.onServer("until /root/backup_database.sh; do [ $? -eq 75 ] || exit 1; done");
  // cron's own runs report as well.
  const events = (await receiver.received()).map(({ event }) => event);
  expect(events).toContain("/start");
  expect(events).toContain("");
});

/**
 * The problems in mails, without advice, which is indented. That the disk of the machine that runs the tests is full is
 * reported rightly, and so is the end of what was wrong until the first backup was made.
 */
const problemsIn = (all: readonly string[]): string[] =>
  all
    .flatMap((mail) => mail.slice(mail.indexOf("\n\n")).split("\n"))
    .filter((line) => /^\S/.test(line) && !/: .* free, \d+ % used|^OVER |^status healthy/.test(line));

// Two of cron's minutes, and on a busy machine more: a run that outlasts its minute has the next one refused, which is
// logged and not mailed.
test("cron mails nothing while all is well", async () => {
  const sendmail =
    "#!/bin/sh\nmkdir -p /tmp/mails; cat >/tmp/mails/$$ && mv /tmp/mails/$$ /tmp/mails/$$.mail\n";
  await deployment.server.writeFile("/usr/sbin/sendmail", sendmail, "0755");
  const runs = `grep -c 'backup_database: backup finished' ${log}`;
  const before = Number(await deployment.onServer(runs));
  const checked = `grep -c 'check_database_status: status ' ${log} || true`;
  const checks = Number(await deployment.onServer(checked));
  while (Number(await deployment.onServer(runs)) < before + 2) await setTimeout(500);
  while (Number(await deployment.onServer(checked)) <= checks) await setTimeout(500);
  expect(problemsIn(await mails(""))).toEqual([]);
}, 600_000);

test("cron mails the reason of a failed backup, and a problem that the status check found", async () => {
  await deployment.server.stopDatabase();
  const mailed = async (about: string, text: RegExp): Promise<string> => {
    for (;;) {
      const found = (await mails(about)).find((mail) => text.test(mail));
      if (found !== undefined) return found;
      await setTimeout(500);
    }
  };
  const backup = await mailed("backup_database\\.sh", /backup failed: /);
  expect(backup).toContain(`To: ${mailTo}`);
  expect(backup).not.toContain(secret);
  await mailed("check_database_status\\.sh", /^CRITICAL .*is stopped/m);
  // The log has it too, although cron does not redirect it there any more.
  expect(await deployment.server.readFile(log)).toContain("CRITICAL");
});

test("the same problems are not mailed again by the next check", async () => {
  const table = await deployment.server.readFile("/etc/cron.d/database-backups");
  const line = table.split("\n").find((each) => each.includes("check_database_status"));
  const command = line?.replace(/^(\S+ ){5}root /, "") ?? "";
  const count = `grep -c 'status critical' ${log}`;
  const before = Number(await deployment.onServer(count));
  // One more failed backup of cron may be news. After that none is, however many fail.
  while ((await deployment.onServer(command)) !== "") await setTimeout(500);
  for (let check = 0; check < 3; check++) expect(await deployment.onServer(command)).toBe("");
  expect(Number(await deployment.onServer(count))).toBeGreaterThan(before + 3);
});

test("the end of the problems is mailed", async () => {
  await deployment.server.startDatabase();
  const over = /^OVER .*: container: /m;
  while (!(await mails("check_database_status\\.sh")).some((mail) => over.test(mail))) await setTimeout(500);
}, 300_000);
