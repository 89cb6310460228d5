import { afterAll, beforeAll, expect, test } from "vitest";
import { commandOf, putPrograms } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore"]);
  await sandbox.psql("create database remote", "template1");
  await sandbox.psql(
    `create table readings_2019 (at date not null, value integer);
     insert into readings_2019 select date '2019-01-01' + n, n from generate_series(0, 300) as n;`,
    "remote",
  );
  await sandbox.psql(`
    create extension postgres_fdw;
    create server archive foreign data wrapper postgres_fdw options (host '/var/run/postgresql', dbname 'remote');
    create user mapping for current_user server archive options (user '${sandbox.databaseUser}', password_required 'false');
    create table readings (at date not null, value integer) partition by range (at);
    create table readings_2026 partition of readings for values from ('2026-01-01') to ('2027-01-01');
    create foreign table readings_2019 partition of readings for values from ('2019-01-01') to ('2020-01-01')
      server archive options (table_name 'readings_2019');
    insert into readings select date '2026-01-01' + n, n from generate_series(0, 300) as n;
    create table others as select generate_series(1, 500) as n;
    create schema "Odd";
    create table "Odd"."t""able" as select generate_series(1, 500) as n;`);
  archive = await server.backUp();
});

afterAll(() => server?.remove());

const analysed = `select string_agg(distinct tablename, ',' order by tablename) from pg_stats
  where schemaname in ('public', 'Odd')`;

test("a partition in another server: restored with statistics while that one answers", async () => {
  const { sandbox } = server;
  const restored = await server.restore(`--yes --quiet ${archive}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql(analysed)).toBe('others,readings,readings_2019,readings_2026,t"able');
  expect(await server.log()).not.toContain("could not gather");
});

test("that server does not answer: restored, the other tables have statistics, and a warning names the one", async () => {
  const { sandbox } = server;
  await sandbox.psql("alter database remote allow_connections false", "template1");
  const restored = await server.restore(`--yes ${archive}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(restored.stdout).toMatch(
    /could not gather the planner's statistics of public\.readings \(.*\[DBK-RESTORE-12\]/,
  );
  expect(await sandbox.psql(analysed)).toBe('others,readings_2026,t"able');
  expect(await sandbox.psql("select count(*) from readings_2026")).toBe("301");

  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet ${archive}`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
});

test("the other server accepts a connection and sends nothing: the restore waits for a limited time", async () => {
  const { sandbox } = server;
  // Accepts connections and never answers, like a server behind a firewall that has forgotten the connection.
  await sandbox.psql("alter server archive options (set host '/var/run/silent')");
  await sandbox.run(`docker exec -u root ${sandbox.container} mkdir -m 777 /var/run/silent`);
  const perl = `use IO::Socket::UNIX; $s = IO::Socket::UNIX->new(Local => "/var/run/silent/.s.PGSQL.5432", Listen => 50) or die; chmod 0777, "/var/run/silent/.s.PGSQL.5432"; sleep 600`;
  await sandbox.run(`docker exec -d -u root ${sandbox.container} perl -e '${perl}'`);
  const another = await server.backUp();
  const restored = await server.restore(`--yes ${another}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  expect(restored.stdout).toMatch(
    /could not gather the planner's statistics of public\.readings \(.*\[DBK-RESTORE-12\]/,
  );
  expect(await sandbox.psql(analysed)).toBe('others,readings_2026,t"able');
});

test("packets to the other server are dropped: a view of its rows stays empty within a limited time", async () => {
  const { sandbox } = server;
  await sandbox.psql("alter database remote allow_connections true", "template1");
  await sandbox.psql(`alter server archive options (set host '/var/run/postgresql');
    create materialized view readings_cache as select * from readings_2019;
    alter server archive options (set host '127.0.0.1', add port '5999')`);
  // A connection to a full queue gets no answer, as behind a firewall that drops packets.
  const perl = `use Socket; $a = sockaddr_in(5999, INADDR_LOOPBACK);
    socket($s, PF_INET, SOCK_STREAM, 0); bind($s, $a) or die; listen($s, 0) or die;
    for (1 .. 4) { socket($c[$_], PF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); connect($c[$_], $a) } sleep 600`;
  await sandbox.run(`docker exec -d ${sandbox.container} perl -e '${perl}'`);
  const another = await server.backUp();
  const began = performance.now();
  const restored = await server.restore(`--yes ${another}`);
  expect(restored).toMatchObject({ code: 0, stderr: "" });
  // The operating system itself gives up after 130 s.
  expect(performance.now() - began).toBeLessThan(90_000);
  expect(restored.stdout).toMatch(
    /materialized view public\.readings_cache is empty: it reads the foreign table .*could not be tried/,
  );
  const options = "select srvoptions from pg_foreign_server";
  expect(await sandbox.psql(options)).toBe("{dbname=remote,host=127.0.0.1,port=5999}");
  await expect(sandbox.psql("select count(*) from readings_cache")).rejects.toThrow("has not been populated");

  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet ${another}`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
});

test("that server answers again: the view is filled, and keeps no limit of a restore", async () => {
  const { sandbox } = server;
  await sandbox.psql(`alter server archive options (set host '/var/run/postgresql', drop port)`);
  await sandbox.psql("refresh materialized view readings_cache");
  const another = await server.backUp();
  expect(await server.restore(`--yes ${another}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql("select count(*) from readings_cache")).toBe("301");
  expect(await sandbox.psql("select srvoptions from pg_foreign_server")).toBe(
    "{dbname=remote,host=/var/run/postgresql}",
  );
});
