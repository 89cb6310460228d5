import { posix } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { restoringName } from "../../scripts/lib/postgres/database-names.ts";
import { manifestText } from "../../scripts/lib/store/manifest.ts";
import { docker } from "../sandbox/docker.ts";
import { placesOf, usualVersion } from "../sandbox/postgres-version.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { backups, name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
const crashedRun = "20260101T000000-abcdef";

beforeAll(async () => {
  server = await startRestoreServer();
  await putPrograms(server.sandbox, ["rehearse_restore"]);
  // An extension that can exist in one database only. The script of pg_cron begins like this one.
  const script = `DO $$ BEGIN
    IF current_database() <> current_setting('cron.database_name') THEN
      RAISE EXCEPTION 'can only create extension in database %', current_setting('cron.database_name');
    END IF; END $$;`;
  const { container } = server.sandbox;
  const directory = await server.sandbox.psql("select setting from pg_config where name = 'SHAREDIR'");
  const put = `cd "$0/extension" && cat >pg_cron.control && echo "$1" >pg_cron--1.0.sql`;
  const control = "default_version = '1.0'\n";
  await docker(["exec", "-i", "--user", "0", container, "sh", "-c", put, directory, script], {
    input: control,
  });
});

afterAll(() => server?.remove());

/** PostgreSQL's own data directory on the server. */
const clusterDirectory = () => posix.join(server.sandbox.dataDirectory, placesOf(usualVersion()).below);
const onlyLive = async () => expect(await server.databases()).toEqual([server.sandbox.database]);

test("a missing role is created with the roles that it is a member of, and user mappings of the dump count", async () => {
  const { sandbox } = server;
  await sandbox.psql(`create role readers; create role clerk in role readers; create role envoy;
    create table ledger (); alter table ledger owner to clerk;
    create foreign data wrapper wrapper; create server elsewhere foreign data wrapper wrapper;
    create user mapping for envoy server elsewhere`);
  const archive = await server.backUp();
  const before = await server.hash();
  await sandbox.psql(`drop table ledger; drop server elsewhere cascade; drop foreign data wrapper wrapper;
    drop role clerk; drop role readers; drop role envoy`);
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(before);
  expect(await sandbox.psql("select pg_has_role('clerk', 'readers', 'member')")).toBe("t");
  expect(await server.restore("--yes --rollback")).toMatchObject({ code: 0 });
  await dropPrevious();
  await sandbox.psql("drop role clerk; drop role readers; drop role envoy");
});

async function dropPrevious(): Promise<void> {
  const others = (await server.databases()).filter((database) => database !== server.sandbox.database);
  for (const other of others) await server.sandbox.psql(`drop database "${other}"`, "template1");
}

test("a database that is being dropped hinders no run", async () => {
  const { sandbox } = server;
  await sandbox.psql("create database vanishing", "template1");
  const oid = await sandbox.psql("select oid from pg_database where datname = 'vanishing'");
  await sandbox.psql("checkpoint");
  await sandbox.run(`rm -r ${clusterDirectory()}/base/${oid}`);
  expect(await sandbox.psql("select pg_database_size('vanishing') is null")).toBe("t");
  const listed = await server.restore("--list");
  await sandbox.psql("drop database vanishing", "template1");
  expect(listed.stdout).not.toContain("kept databases unknown");
  expect(listed).toMatchObject({ code: 0, stderr: "" });
});

test("tables come back exactly with any settings of the databases, and no publication sends them", async () => {
  const { sandbox } = server;
  await sandbox.psql(`create table readings (at timestamptz, day date, took interval, value float8, raw bytea, price money);
    insert into readings values ('2026-02-03 04:05:06.789012+00', '2026-02-03', '-1 mon +2 days -03:04:05',
      0.1::float8 + 0.2::float8, '\\x00ff5c', 1234.5);
    alter database ${sandbox.database} set extra_float_digits = 0;
    alter database ${sandbox.database} set "DateStyle" = 'SQL, DMY';
    alter database ${sandbox.database} set "IntervalStyle" = 'sql_standard';
    alter database ${sandbox.database} set bytea_output = 'escape'`);
  const archive = await server.backUp();
  await sandbox.psql("create publication everything for all tables");
  const { code, stderr, stdout } = await server.restore(`--table readings ${archive}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const schema = /restored_\d{8}_\d{6}/.exec(stdout)?.[0] ?? "";
  expect(stdout).toMatch(/unlogged/i);
  const same = `select (select r from readings r) = (select r from ${schema}.readings r)`;
  expect(await sandbox.psql(same)).toBe("t");
  const published = `select count(*) from pg_publication_tables where schemaname = '${schema}'`;
  expect(await sandbox.psql(published)).toBe("0");
  await sandbox.psql(`drop schema ${schema} cascade; drop publication everything; drop table readings;
    alter database ${sandbox.database} reset all`);
});

test("a subscription in a dump keeps no database from being dropped, and leaves the live one's slot alone", async () => {
  const { sandbox } = server;
  const subscribe = `create subscription "the news" connection 'dbname=nowhere' publication news with (connect = false, slot_name = 'live slot')`;
  await sandbox.psql(subscribe.replace("live slot", "live_slot"));
  const archive = await server.backUp();
  const detach = `alter subscription "the news" set (slot_name = none); drop subscription "the news"`;
  const crashed = restoringName(sandbox.database, crashedRun);
  await sandbox.psql(`create database "${crashed}"`, "template1");
  await sandbox.psql(subscribe.replace("live slot", "live_slot"), crashed);
  const tables = await server.restore(`--table users ${archive}`);
  expect(tables).toMatchObject({ code: 0 });
  await onlyLive();
  expect(await server.restore(`--into beside ${archive}`)).toMatchObject({ code: 0 });
  const state =
    "select subenabled, subslotname is null from pg_subscription s join pg_database d on d.oid = subdbid";
  expect(await sandbox.psql(`${state} where datname = 'beside'`)).toBe("f|t");
  expect(await sandbox.psql(`${state} where datname = '${sandbox.database}'`)).toBe("f|f");
  await sandbox.psql('drop subscription "the news"', "beside");
  await sandbox.psql("drop database beside", "template1");
  await sandbox.psql(detach);
  await sandbox.psql(`drop schema ${/restored_\d{8}_\d{6}/.exec(tables.stdout)?.[0]} cascade`);
});

test("in place and interrupted: --rollback restores what it can, and names the differences", async () => {
  const { sandbox } = server;
  const archive = await server.backUp();
  const failing = `#!/bin/sh
case "$*" in
  *database-backups-rehearsal-*) ;;
  *" -f -") cat >/dev/null; echo "no load today" >&2; exit 3 ;;
esac
exec /usr/bin/docker "$@"
`;
  await sandbox.writeFile("/opt/test/bin/docker", failing, "0755");
  const failed = await server.restore(`--yes --in-place ${archive}`, 'PATH="/opt/test/bin:$PATH"');
  expect(failed.code).toBe(11);
  const path = /(\S+\.sql\.gz); remove the cause/.exec(failed.stderr)?.[1] ?? "";
  const manifest = path.replace(/sql\.gz$/, "json");
  const changed = JSON.parse(await sandbox.readFile(manifest));
  changed.content.tables.find((table: { name: string }) => table.name === "users").rows += 1;
  await sandbox.writeFile(manifest, manifestText(changed), "0600");
  const rolledBack = await server.restore("--yes --rollback");
  expect(rolledBack).toMatchObject({ code: 0 });
  expect(rolledBack.stdout).toMatch(/public\.users had \d+ rows, it has \d+; accepted/);
  await onlyLive();
});

test("a session that does not end is a warning to the run that meets it", async () => {
  const { sandbox } = server;
  await sandbox.writeFile(`${backups}/.${name}.${crashedRun}.sql.gz.partial`, "", "0600");
  const session = `docker exec -e PGAPPNAME=database-backups/${crashedRun} ${sandbox.container} psql -X -U ${sandbox.databaseUser} -d ${sandbox.database} -c 'select pg_sleep(3600)'`;
  await sandbox.run(`(${session}) >/dev/null 2>&1 &`);
  const asked = `select pid from pg_stat_activity where application_name = 'database-backups/${crashedRun}' and wait_event = 'PgSleep'`;
  await expect.poll(() => sandbox.psql(asked), { timeout: 60_000 }).toMatch(/^\d+$/);
  const pid = await sandbox.psql(asked);
  await docker(["exec", sandbox.container, "sh", "-c", `kill -STOP ${pid}`]);
  const backup = commandOf(sandbox, "backup_database");
  const result = await sandbox.run(backup);
  await docker(["exec", sandbox.container, "sh", "-c", `kill -CONT ${pid}`]);
  expect(await server.log()).toMatch(
    /could not check for sessions left by crashed runs: sessions of \S+ .* do not end.*\[DBK-PG-4\] \[DBK-RECOVERY-3\]/,
  );
  expect(result.code).toBe(0);
  expect((await sandbox.run(backup)).code).toBe(0);
  expect(await server.log()).toContain(`run ${crashedRun} had crashed: removed its unfinished files`);
});

test("objects that need the live name fail in a rehearsal as in a restore", async () => {
  const { sandbox } = server;
  await sandbox.psql(
    `create table tied (n int check (current_database() = '${sandbox.database}')); insert into tied values (1)`,
  );
  const archive = await server.backUp();
  await sandbox.psql("drop table tied");
  const said = /violates check constraint "tied_check"/;
  const restored = await server.restore(`--yes ${archive}`);
  expect(restored.stderr).toMatch(said);
  expect(restored.code).toBe(1);
  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} ${archive}`);
  expect(rehearsed.stderr).toMatch(said);
  expect(rehearsed.code).toBe(1);
  await onlyLive();
});

test("if pg_cron depends on the live name, the database is not dropped, because it could not be restored", async () => {
  const { sandbox } = server;
  const conf = `${clusterDirectory()}/postgresql.conf`;
  const tiedTo = () => sandbox.psql("select coalesce(current_setting('cron.database_name', true), '')");
  await sandbox.run(`echo "cron.database_name = '${sandbox.database}'" >>${conf}`);
  await sandbox.psql("select pg_reload_conf()");
  await expect.poll(tiedTo, { timeout: 60_000 }).toBe(sandbox.database);
  await sandbox.psql("create extension pg_cron");
  const archive = await server.backUp();
  const before = await server.hash();
  const sideBySide = await server.restore(`--yes ${archive}`);
  expect(sideBySide.stderr).toMatch(/can only create extension in database/);
  expect(sideBySide.code).toBe(1);
  for (const words of ["--yes --in-place", "--dry-run --in-place"]) {
    const refused = await server.restore(`${words} ${archive}`);
    expect(`${refused.stderr}${refused.stdout}`).toMatch(/cron\.database_name ties the extension pg_cron to/);
    expect(refused.code).toBe(1);
  }
  await sandbox.run(`sed -i /^cron.database_name/d ${conf}`);
  await sandbox.psql("select pg_reload_conf()");
  await expect.poll(tiedTo, { timeout: 60_000 }).toBe("");
  const refused = await server.restore(`--yes --in-place ${archive}`);
  expect(refused.stderr).toMatch(/the backup has the extension pg_cron/);
  expect(refused.code).toBe(1);
  await onlyLive();
  expect(await server.hash()).toBe(before);
});
