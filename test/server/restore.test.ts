import { afterAll, beforeAll, expect, test } from "vitest";
import { name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;
let original: string;

beforeAll(async () => {
  server = await startRestoreServer();
  const { sandbox } = server;
  await sandbox.psql(`
    alter database ${sandbox.database} connection limit 77;
    alter role reporting in database ${sandbox.database} set search_path = "Reporting", "$user";
    grant create on database ${sandbox.database} to reporting with grant option;
    set session authorization reporting;
    grant create on database ${sandbox.database} to "Lehrer & Söhne";`);
  original = await server.hash();
  archive = await server.backUp();
});

afterAll(() => server?.remove());

/** Every kind of change that a restore must undo, including new objects. */
const damage = `
  delete from lessons;
  update users set name = 'nobody';
  drop table "Reporting".daily;
  create table leftover (id int);
  create schema left_over;
  create function left_over.nothing() returns int language sql as 'select 1';
  select setval('invoice_numbers', 99999);
  select lo_create(4711);
  select lo_unlink(oid) from pg_largeobject_metadata where oid <> 4711;`;

test("a restore brings everything back and leaves nothing that came since; --rollback undoes it, and a lost database", async () => {
  const { sandbox } = server;
  await sandbox.psql(damage);
  const damaged = await server.hash();
  expect(damaged).not.toBe(original);

  const restored = await server.restore(`--yes --json ${archive}`);
  expect(restored).toMatchObject({ code: 0 });
  const report = JSON.parse(restored.stdout);
  expect(report).toMatchObject({ version: 1, exitCode: 0, database: name, createdRoles: [] });
  expect(report.changes).toEqual([
    { schema: "Reporting", name: "daily", rowsThen: null, rowsNow: 365 },
    { schema: "public", name: "leftover", rowsThen: 0, rowsNow: null },
    { schema: "public", name: "lessons", rowsThen: 0, rowsNow: 1200 },
    { schema: "public", name: "users", rowsThen: 800, rowsNow: 800 },
  ]);
  expect(await server.hash()).toBe(original);
  expect(await server.databases()).toEqual([sandbox.database, report.previous].sort());
  expect((await server.restore("--list")).stdout).toMatch(/kept, --rollback brings it back/);
  expect(await sandbox.psql("select count(*) > 0 from pg_stats where schemaname = 'public'")).toBe("t");

  expect(await server.restore("--yes --rollback")).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(damaged);
  await sandbox.psql(`drop database ${sandbox.database}`, "template1");
  expect(await server.restore("--yes --rollback")).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(original);
  expect(await server.databases()).toEqual([sandbox.database]);

  const list = await server.restore("--list");
  expect(list.stdout).toContain(archive);
  expect(list.stdout).toMatch(/pre-restore · verified/);
  expect(await server.restore(`--list ${archive}`)).toMatchObject({ code: 64 });
});

test("a role that is missing comes back with its password, without being shown", async () => {
  const { sandbox } = server;
  const hash = "select rolpassword from pg_authid where rolname = 'reporting'";
  const before = await sandbox.psql(hash);
  const live = sandbox.database;
  await sandbox.psql(`
    grant "Lehrer & Söhne" to reporting;
    create role unneeded login password 'unneeded';`);
  const withRole = await server.backUp();
  const state = await server.hash();
  await dropKept();
  await sandbox.psql(`
    drop role unneeded;
    revoke create on database ${live} from reporting cascade;
    drop owned by reporting;
    drop role reporting;
    grant connect on database ${live} to public;`);
  const restored = await server.restore(`--yes --json ${withRole}`);
  expect(restored).toMatchObject({ code: 0 });
  expect(JSON.parse(restored.stdout)).toMatchObject({ createdRoles: ["reporting"] });
  expect(await sandbox.psql(hash)).toBe(before);
  expect(await sandbox.psql("select count(*) from pg_roles where rolname = 'unneeded'")).toBe("0");
  const member = `select pg_has_role('reporting', '"Lehrer & Söhne"'::regrole, 'member')`;
  expect(await sandbox.psql(member)).toBe("t");
  // The content is the backup's; the grants on the database are the live one's.
  expect((await server.hash()).split(" ")[0]).toBe(state.split(" ")[0]);
  const log = await server.log();
  expect(log + restored.stdout + restored.stderr).not.toContain("SCRAM");
});

test("a file of the hand-made scripts comes back, with and without DROP statements", async () => {
  const { sandbox } = server;
  const content = await server.hash();
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser}`;
  for (const [stamp, options] of [
    ["20250816_155503", ""],
    ["20250817_020000", "--clean --if-exists"],
  ]) {
    const file = `/root/database_backups/${name}_${stamp}.sql.gz`;
    await sandbox.run(`${dump} ${options} ${sandbox.database} | gzip >${file}`);
    await sandbox.psql("delete from lessons");
    expect(await server.restore(`--yes ${file}`)).toMatchObject({ code: 0 });
    expect(await server.hash()).toBe(content);
  }
});

test("the database's name must be typed, on a terminal", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const typed = (answer: string) =>
    sandbox.run(`printf '%s\\n' '${answer}' | script -qec '${server.command} ${archive}' /dev/null`);
  expect(await typed("yes")).toMatchObject({ code: 77 });
  expect(await server.hash()).toBe(before);
  await sandbox.psql("delete from lessons");
  const confirmed = await typed(sandbox.database);
  expect(confirmed).toMatchObject({ code: 0 });
  expect(confirmed.stdout).toMatch(/backup +now/);
  expect(confirmed.stdout).toMatch(/clients were cut off for \d+ ms/);
  expect(confirmed.stdout).toMatch(/public\.lessons +0 rows, now 1,200 \(\+1,200\)/);
  expect(await sandbox.psql("select count(*) > 0 from lessons")).toBe("t");
});

test("clients that reconnect without pause lose at most one query each", async () => {
  const { sandbox } = server;
  const client = `
    while ! [ -e /tmp/stop ]; do
      psql -X -q -A -t -U ${sandbox.databaseUser} -d ${sandbox.database} -c 'select count(*) from users' ||
        echo failed
    done >/tmp/client-$1`;
  const clients = "for client in 1 2 3 4; do sh /tmp/client $client & done; wait";
  const inContainer = `docker exec -i ${sandbox.container}`;
  await sandbox.run(`${inContainer} sh -c 'cat >/tmp/client'`, { input: client });
  const running = sandbox.run(`${inContainer} sh`, { input: clients });
  const restored = await server.restore(`--yes ${archive}`);
  await sandbox.run(`${inContainer} touch /tmp/stop`);
  await running;
  expect(restored).toMatchObject({ code: 0 });
  for (const client of [1, 2, 3, 4]) {
    const { stdout } = await sandbox.run(`${inContainer} cat /tmp/client-${client}`);
    const answers = stdout.trim().split("\n");
    expect(answers.filter((answer) => answer === "failed").length).toBeLessThanOrEqual(1);
    expect(answers.at(-1)).not.toBe("failed");
  }
});

async function dropKept(): Promise<void> {
  const { sandbox } = server;
  for (const database of await server.databases()) {
    if (database !== sandbox.database) await sandbox.psql(`drop database "${database}"`, "template1");
  }
}
