import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../infra/local-machine/command.ts";
import type { ServerOutput } from "../../infra/program/server-output.ts";
import { type Deployment, prepareDeployment, printed } from "./deployment.ts";
import { ownNotes } from "./servers.ts";

const name = "curriculum_library_api";
const ours = `/root/*.sh /root/backup_quick_reference.txt /root/backup_database.log /root/database_backups /opt/database-backups \
  /etc/cron.d/database-backups /etc/logrotate.d/database-backups /var/lib/remotehost /run/database-backups`;
/** Every path on the server that survives a restart. */
const everything =
  "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp \\) -prune -o -print | sort";
const countLessons = "SELECT count(*) FROM lessons";

let deployment: Deployment;
let before: string[];
let firstBackup = "";

const paths = async () => (await deployment.onServer(everything)).trim().split("\n");
const backups = async () =>
  (await deployment.onServer("cd /root/database_backups && sha256sum * | sort -k 2")).trim();

beforeAll(async () => {
  deployment = await prepareDeployment({}, {});
  before = await paths();
});

afterAll(() => deployment?.remove());

test("the first up deploys everything", async () => {
  const text = await deployment.up();
  expect(text).toMatch(/\+ \d+ created/);
  expect(text).not.toMatch(/warning|error/i);
});

test("the second up changes nothing", async () => {
  expect(await deployment.up("--expect-no-changes")).toMatch(/\d+ unchanged/);
});

test("the stack tells paths, schedule, version and commands that work when they are pasted", async () => {
  const { stdout } = await deployment.stack.pulumi(["stack", "output", "--json"]);
  const outputs: { servers: Record<string, ServerOutput> } = JSON.parse(stdout);
  const output = outputs.servers[deployment.server.alias];
  expect(output).toMatchObject({
    host: deployment.server.alias,
    databases: [name],
    schedule: { backup: "0 2 * * *" },
    programsVersion: expect.stringMatching(/^\d+\.\d+\.\d+\+[0-9a-f]+$/),
    problems: [],
    notBackedUp: [],
  });
  expect(ownNotes(output?.notes)).toEqual([]);
  expect(output?.paths.backups).toBe("/root/database_backups");
  const paste = async (command = "false") =>
    printed(await execute(["sh", "-c", command], { env: deployment.stack.environment }));
  firstBackup = /\S+\.sql\.gz/.exec(await paste(output?.commands.backup))?.[0] ?? "";
  expect(firstBackup).toMatch(new RegExp(`^${name}_\\d{8}_\\d{6}\\.sql\\.gz$`));
  expect(await paste(output?.commands.listBackups)).toContain(firstBackup);
  expect(await paste(output?.commands.status)).toContain("status healthy");
});

test("nothing of ours can be read or written by anybody but root", async () => {
  expect(await deployment.onServer(`find ${ours} \\( -perm /077 -o ! -user root -o ! -group root \\)`)).toBe(
    "",
  );
  expect((await deployment.onServer(`find ${ours}`)).split("\n").length).toBeGreaterThan(20);
});

test("the state holds no key and no program", async () => {
  const state = await deployment.stack.exportState();
  const key = readFileSync(deployment.server.identityFile, "utf8").split("\n");
  const programs = await deployment.onServer(
    "for file in /opt/database-backups/programs/*.cjs; do tail -c 5000 $file | head -c 60; echo; done",
  );
  const secrets = [...key, ...programs.split("\n")].filter((text) => text.length > 20);
  expect(secrets.length).toBeGreaterThan(6);
  for (const secret of secrets) expect(state).not.toContain(JSON.stringify(secret).slice(1, -1));
  expect(state).not.toMatch(/PRIVATE KEY|"password"/);
  expect(state).toContain("backup_database.sh");
});

test("destroy removes what was deployed and leaves backups, log and data", async () => {
  const [kept, log, lessons] = await Promise.all([
    backups(),
    deployment.server.readFile("/root/backup_database.log"),
    deployment.server.psql(countLessons),
  ]);
  printed(await deployment.stack.pulumi(["destroy", "--yes", "--skip-preview"]));
  const left = (await paths()).filter((path) => !before.includes(path));
  expect(left.filter((path) => !path.startsWith("/root/database_backups"))).toEqual([
    "/root/backup_database.log",
  ]);
  expect(await backups()).toBe(kept);
  expect(kept).toContain(firstBackup);
  expect(await deployment.server.readFile("/root/backup_database.log")).toBe(log);
  expect(await deployment.server.psql(countLessons)).toBe(lessons);
});

test("up afterwards finds the old backups", async () => {
  deployment.reconfigure({ runtime: "system" }); // so that the pinned Node is not sent a second time
  await deployment.converge();
  expect(await deployment.onServer("/root/restore_database.sh --list")).toContain(firstBackup);
  expect(await deployment.onServer("/root/prune_backups.sh --dry-run")).toMatch(
    new RegExp(`keep {4}${firstBackup} +the newest verified backup`),
  );
  expect(await deployment.onServer("/root/rehearse_restore.sh")).toContain(
    `${firstBackup} is what was backed up`,
  );
  expect(await deployment.onServer("/root/pin_backup.sh --list")).toContain("nothing is pinned");
  const status = JSON.parse(await deployment.onServer("/root/check_database_status.sh --json"));
  expect(status.verdict).toBe("healthy");
  expect(status.databases[0].backups).toMatchObject({
    count: 1,
    newest: { file: firstBackup, verified: true },
  });
});
