import { afterAll, beforeAll, expect, test } from "vitest";
import { commandOf, putPrograms, settingsFile } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

// After the image's Debian release has changed, PostgreSQL 15 and later warn on every connection. This server also has
// files of others beside ours, for the status check.

let server: RestoreServer;
const cronTable = "/etc/cron.d/database-backups";
const live = "curriculum_library_api_production";

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  await putPrograms(server.sandbox, ["rehearse_restore", "check_database_status"]);
  await server.sandbox.psql(`
    update pg_database set datcollversion = '2.31' where datname = current_database();
    create table words (id bigserial primary key, word text);
    insert into words (word) select 'word ' || n from generate_series(1, 100) as n`);
}, 120_000);

afterAll(() => server?.remove());

const run = (program: Parameters<typeof commandOf>[1], words = "") =>
  server.sandbox.run(`${commandOf(server.sandbox, program)} ${words} </dev/null`);

test("a warning on every connection: backup, rehearsal and restore do their work, and the status has a note", async () => {
  const archive = await server.backUp();
  const rehearsed = await run("rehearse_restore");
  expect(rehearsed.code, rehearsed.stdout + rehearsed.stderr).toBe(0);
  const { stdout } = await run("check_database_status");
  expect(stdout).toMatch(
    /was made with version 2\.31 of its collation, and \S+ has version 2\.\d+: indexes on text may be out of order/,
  );
  expect(stdout).toContain(
    `REINDEX DATABASE "${live}"; then ALTER DATABASE "${live}" REFRESH COLLATION VERSION`,
  );
  const restored = await server.restore(`--yes ${archive}`);
  expect(restored.code, restored.stdout + restored.stderr).toBe(0);
  expect(await server.sandbox.psql("select count(*) from words")).toBe("100");
});

test("the status tells why cron ignores the table, and what else runs the backup", async () => {
  const { sandbox, settings } = server;
  const paths = {
    ...settings.paths,
    logRotation: "/etc/logrotate.d/database-backups",
    installation: "/srv/backups/own",
  };
  await sandbox.writeFile(settingsFile, JSON.stringify({ ...settings, paths }), "0600");
  await sandbox.writeFile(cronTable, "0 2 * * * root /root/backup_database.sh\n", "0600");
  const points = async () => (await run("check_database_status")).stdout;
  const good = await points();
  expect(good).not.toContain("cron ignores");
  expect(good).not.toContain("also mentions the backup program");

  await sandbox.run(
    `ln ${cronTable} /root/x; chmod 777 /etc/cron.d; mkdir -m 777 /srv/backups; printf '#!/bin/sh\\n/root/backup_database.sh\\n' > /etc/cron.daily/x`,
  );
  const bad = await points();
  expect(bad).toContain(`cron ignores ${cronTable}: it has 2 names (hard links)`);
  expect(bad).toContain("/etc/cron.d is world-writable");
  expect(bad).toContain("/srv/backups is world-writable");
  expect(bad).toContain("/etc/cron.daily/x also mentions the backup program");

  await sandbox.run(`rm /root/x; printf '0 2 * * * root /root/backup_database.sh' > ${cronTable}`);
  expect(await points()).toContain(`cron ignores ${cronTable}: its last line has no line end`);
});
