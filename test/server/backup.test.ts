import { afterAll, beforeAll, expect, test } from "vitest";
import { type BackupServer, directory, name, startBackupServer } from "./backup-server.ts";
import { resealed } from "./programs.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer();
});
afterAll(() => server?.remove());

const archives = async () => (await server.files()).filter((file) => file.endsWith(".sql.gz"));
const newest = async () => (await archives()).at(-1) ?? "";

async function rowsOf(database: string, tables: { schema: string; name: string }[]): Promise<number[]> {
  const counts = tables.map(
    ({ schema, name: table }) => `SELECT count(*) FROM "${schema}"."${table.replaceAll('"', '""')}"`,
  );
  const rows = await server.sandbox.psql(counts.join(" UNION ALL "), database);
  return rows.split("\n").map(Number);
}

test("the first backup has a right manifest and restores with stock tools", async () => {
  const result = await server.backUp();
  expect(result).toMatchObject({ code: 0, stderr: "" });
  expect(result.stdout).toContain("backup finished");
  const archive = await newest();
  const stem = archive.replace(".sql.gz", "");
  expect(await server.files()).toEqual([`${stem}.json`, `${stem}.roles.sql`, archive]);
  const manifest = await server.manifest(archive);
  const digest = await server.sandbox.run(`cd ${directory} && sha256sum ${archive} ${stem}.roles.sql`);
  expect(digest.stdout.split(/\s+/)).toEqual([
    ...[manifest.archive.sha256, archive, manifest.roles?.sha256, `${stem}.roles.sql`, ""],
  ]);
  const restored = await server.restoreByStockTools(archive);
  const tables = manifest.content?.tables ?? [];
  expect(tables).toContainEqual(expect.objectContaining({ schema: "Reporting", name: "daily", rows: 365 }));
  expect(await rowsOf(restored, tables)).toEqual(tables.map((table) => table.rows));
  expect(manifest).toMatchObject({
    properties: { encoding: "UTF8", owner: server.sandbox.databaseUser },
    class: "regular",
  });
});

test("nothing is readable by anyone but root, and no secret is in the log", async () => {
  const { stdout } = await server.sandbox.run(
    `stat -c %a ${directory} ${directory}/* /root/backup_database.log /run/database-backups`,
  );
  expect(new Set(stdout.trim().split("\n"))).toEqual(new Set(["700", "600"]));
  const roles = await server.sandbox.run(`cat ${directory}/*.roles.sql`);
  expect(roles.stdout).toContain("SCRAM-SHA-256$");
  expect(await server.log()).not.toMatch(/SCRAM|PASSWORD/);
});

test("rows in the manifest are those in the dump while others insert and delete", async () => {
  await server.sandbox.psql("CREATE TABLE busy AS SELECT generate_series(1, 100000) AS n");
  const statement =
    "INSERT INTO busy SELECT generate_series(1, 50); DELETE FROM lessons WHERE id IN (SELECT id FROM lessons LIMIT 1);";
  const psql = `docker exec -i ${server.sandbox.container} psql -X -q -U ${server.sandbox.databaseUser} -d ${server.sandbox.database}`;
  const writers = server.sandbox.run(
    `i=0; while [ $i -lt 400 ]; do echo "${statement}"; i=$((i+1)); done | ${psql}`,
  );
  expect((await server.backUp()).code).toBe(0);
  await writers;
  const archive = await newest();
  const tables = (await server.manifest(archive)).content?.tables ?? [];
  const restored = await server.restoreByStockTools(archive);
  expect(await rowsOf(restored, tables)).toEqual(tables.map((table) => table.rows));
});

test("a role whose idle sessions are soon ended is backed up all the same", async () => {
  const { databaseUser, psql } = server.sandbox;
  // From version 14 on.
  const known = (await psql("SELECT count(*) FROM pg_settings WHERE name = 'idle_session_timeout'")) === "1";
  if (known) await psql(`ALTER ROLE ${databaseUser} SET idle_session_timeout = '20ms'`);
  expect(await server.backUp()).toMatchObject({ code: 0, stderr: "" });
  if (!known) return;
  const reset = `psql -X -U ${databaseUser} -d template1 -c 'ALTER ROLE ${databaseUser} RESET idle_session_timeout'`;
  // While psql starts, the test's own session is idle too.
  const lasting = `docker exec -e PGOPTIONS='-c idle_session_timeout=0' ${server.sandbox.container}`;
  expect(await server.sandbox.run(`${lasting} ${reset}`)).toMatchObject({ code: 0 });
});

test("two runs of one second do not meet in one name", async () => {
  const before = (await archives()).length;
  const twice = await server.sandbox.run(`${server.command} && ${server.command}`);
  expect(twice.code).toBe(0);
  expect((await archives()).length).toBe(before + 2);
});

test("a second run is refused and says who holds the lock", async () => {
  const holder = JSON.stringify({
    ...{
      program: "restore_database",
      runId: "20260101T000000-abcdef",
      pid: 1,
      since: "2026-01-01T00:00:00.000Z",
    },
    processStart: (await server.sandbox.run("cut -d' ' -f22 /proc/1/stat")).stdout.trim(),
    abandoned: [],
  });
  const lock = `/run/database-backups/${name}.lock`;
  const result = await server.sandbox.run(
    `exec 9<>${lock}; flock -n 9 && cat >${lock} && ${server.command} 9>&-; code=$?; : >${lock}; exit $code`,
    { input: holder },
  );
  expect(result.code).toBe(75);
  expect(result.stdout).toContain("restore_database, run 20260101T000000-abcdef, pid 1, since 2026-01-01");
});

test("seed-era files are adopted when they are whole and left alone when they are not", async () => {
  const pgDump = `docker exec ${server.sandbox.container} pg_dump -U ${server.sandbox.databaseUser} ${server.sandbox.database}`;
  const whole = `${name}_20250816_155503.sql.gz`;
  const broken = `${name}_20250817_020000.sql.gz`;
  await server.sandbox.run(
    `cd ${directory} && ${pgDump} | gzip >${whole} && head -c 5000 ${whole} >${broken} && echo hand >${name}_notes.txt`,
  );
  const result = await server.backUp("--json");
  const outcome = JSON.parse(result.stdout).databases[0];
  expect(result.code).toBe(0);
  expect(outcome).toMatchObject({ adopted: [whole], removed: [whole] });
  expect(await server.log()).toContain(`${broken} is left alone`);
  expect(await server.files()).toEqual(expect.arrayContaining([broken, `${name}_notes.txt`]));
  expect(await server.files()).not.toContain(broken.replace(".sql.gz", ".json"));
  await server.sandbox.run(`rm ${directory}/${broken} ${directory}/${name}_notes.txt`);
});

test("an adopted file is kept while there are not enough others", async () => {
  await server.sandbox.run(`rm -f ${directory}/*`);
  expect((await server.backUp()).code).toBe(0);
  const old = `${name}_20250816_155503.sql.gz`;
  await server.sandbox.run(`cd ${directory} && cp ${await newest()} ${old}`);
  expect((await server.backUp()).code).toBe(0);
  expect(await server.manifest(old)).toMatchObject({ adopted: true, createdAt: "2025-08-16T15:55:03.000Z" });
});

test("retention removes expired backups and no foreign files", async () => {
  await server.sandbox.run(
    `cd ${directory} && touch -d 2020-01-01 ${name}_20200101_000000.txt other_20200101_000000.sql.gz`,
  );
  for (let round = 0; round < 2; round += 1) expect((await server.backUp()).code).toBe(0);
  const files = await server.files();
  expect(files.filter((file) => file.includes("20250816"))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([`${name}_20200101_000000.txt`, "other_20200101_000000.sql.gz"]),
  );
  expect(await archives()).toHaveLength(5);
});

test("a clock set back overwrites nothing and the new backup stays", async () => {
  const before = await server.files();
  const shifted = before.map((file) => file.replace(/\d{8}_\d{6}/, (stamp) => `2099${stamp.slice(4)}`));
  const moves = before.map((file, index) => `mv ${file} ${shifted[index]}`).join("; ");
  const dates = `sed -i 's/"createdAt": "20../"createdAt": "2099/; s/_20..\\(...._......\\.\\)/_2099\\1/' *.json`;
  const reseal = `for m in *.json; do ${resealed('"$m"')}; done`;
  await server.sandbox.run(`cd ${directory}; ${moves}; ${dates}; ${reseal}`);
  expect((await server.backUp()).code).toBe(0);
  const after = await server.files();
  expect(after).toEqual(expect.arrayContaining(shifted));
  expect(after).toHaveLength(shifted.length + 3);
});

test("a wrong name on the command line is refused before anything is done", async () => {
  expect((await server.backUp("nope")).code).toBe(64);
  expect((await server.backUp("--unknown")).code).toBe(64);
  expect((await server.backUp("--settings /nowhere")).code).toBe(78);
});

test("spaces, quotes and equals signs in names and paths are only characters", async () => {
  const odd = `it's "odd" = $(touch /tmp/executed) db`;
  await server.sandbox.psql(`CREATE DATABASE "${odd.replaceAll('"', '""')}"`);
  const backups = `/root/it's "my" backups; $HOME`;
  const databases = server.settings.databases.map((database) => ({ ...database, database: odd }));
  await server.configure({ ...server.settings, databases, paths: { ...server.settings.paths, backups } });
  const result = await server.backUp("--json");
  expect(result).toMatchObject({ code: 0, stderr: "" });
  const { backup } = JSON.parse(result.stdout).databases[0];
  expect(await server.sandbox.readFile(`${backups}/${backup.roles.file}`)).toContain("CREATE ROLE");
  expect((await server.sandbox.run("test -e /tmp/executed")).code).toBe(1);
});
