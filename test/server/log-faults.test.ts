import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { scheduleOf } from "../../infra/server-files/schedule.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import { seed, serverPlanOf } from "../unit/infra/plans.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { backups, name, type StatusServer, startStatusServer } from "./status-server.ts";

const log = "/root/logs/backup_database.log";
const small = "/root/small";
let server: StatusServer;
const run = (script: string) => server.sandbox.run(script);
const archives = async () => (await run(`ls ${backups} | grep -c 'sql.gz$'`)).stdout.trim();

beforeAll(async () => {
  server = await startStatusServer({ tmpfs: { [small]: "64k" } });
  await putPrograms(server.sandbox, ["restore_database", "prune_backups", "pin_backup", "rehearse_restore"]);
  const { paths } = server.settings;
  await server.configure({ paths: { ...paths, log } });
  const launcher = `#!/bin/sh\nexec ${commandOf(server.sandbox, "backup_database")} "$@"\n`;
  await server.sandbox.writeFile(paths.backupLauncher, launcher, "0700");
});
afterAll(() => server?.sandbox.remove());
afterEach(() => run(`rm -rf /root/logs ${backups}/* ${small}/*`));

const obstacles: [string, string, string][] = [
  ["a directory", `mkdir -p ${log}`, "it is a directory, not a file"],
  ["a named pipe", `mkdir -p /root/logs; mkfifo ${log}`, "it is a named pipe, not a file"],
  ["a device", `mkdir -p /root/logs; ln -s /dev/full ${log}`, "it is a device, not a file"],
  [
    "a dangling link",
    `mkdir -p /root/logs; ln -s /no/where ${log}`,
    "it is a link to a place that is not there",
  ],
  ["a link to itself", `mkdir -p /root/logs; ln -s ${log} ${log}`, "it is a link that leads back to itself"],
  ["a file in its directory's place", "touch /root/logs", "what should be its directory is a file"],
  ["a read-only file system", `mkdir -p /root/logs; ln -s /sys/log ${log}`, "its file system is read-only"],
  [
    "a full disk",
    `mkdir -p /root/logs; ln -s ${small}/log ${log}; cat /dev/zero >${small}/fill 2>/dev/null; truncate -s 0 ${small}/log`,
    "its file system is full",
  ],
];

describe.each(obstacles)("%s in the log's place", (_, make, reason) => {
  test("stops no backup, also cron's, and is reported on standard error and by the status check", async () => {
    await run(make);
    const reported = `the log ${log} cannot be written (${reason}); its lines follow [DBK-RECORD-1]:\n`;
    const backup = await server.backUp();
    expect(backup).toMatchObject({ code: 0, stderr: expect.stringContaining(reported) });
    expect(backup.stderr).toContain("backup_database: backup finished: ");
    const plan = serverPlanOf({ ...seed, paths: { log } });
    const command = scheduleOf(plan).entries[0]?.command ?? "";
    // Names have a resolution of one second.
    const byCron = await run(`sleep 1; env -i SHELL=/bin/sh sh -c ${quote(command)}`);
    // The message that replaces the lines of the log.
    expect(byCron).toMatchObject({ code: 0, stdout: expect.stringContaining(": backup finished: ") });
    expect(await archives()).toBe("2");
    const report = await server.report();
    expect(report.points.log.level).not.toMatch(/^(ok|note)$/);
    expect(report.points.log.findings.map(({ text }) => text)).toContain(
      `cannot write the log ${log}: ${reason} [DBK-RECORD-1]`,
    );
    expect(report.verdict).not.toBe("healthy");
  });
});

test.each([
  ["restore_database", "--list"],
  ["restore_database", `--verify-only $(ls ${backups}/*.sql.gz)`],
  ["prune_backups", name],
  ["pin_backup", `$(ls ${backups}/*.sql.gz)`],
  ["check_database_status", "--json"],
] as const)("%s %s works without a log", async (program, words) => {
  expect((await server.backUp()).code).toBe(0);
  await run(`rm -rf /root/logs; mkdir -p ${log}`);
  const result = await run(`${commandOf(server.sandbox, program)} ${words}`);
  if (program === "check_database_status") expect(JSON.parse(result.stdout).points.log.level).toBe("unknown");
  else expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining("cannot be written") });
});

test("a restore and a rehearsal work without a log", async () => {
  expect((await server.backUp()).code).toBe(0);
  await run(`rm -rf /root/logs; mkdir -p /root/logs; mkfifo ${log}`);
  const file = `$(basename ${backups}/*.sql.gz)`;
  const restored = await run(`${commandOf(server.sandbox, "restore_database")} --yes ${file}`);
  expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining("it is a named pipe") });
  const rehearsed = await run(`${commandOf(server.sandbox, "rehearse_restore")} ${name}`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: expect.stringContaining("it is a named pipe") });
});
