import { afterAll, beforeAll, expect, test } from "vitest";
import { backups, commandOf, putPrograms } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

const live = "curriculum_library_api_production";

/** Objects that depend on the settings of the database: a check, materialized views, money, nulls in arrays. */
const settings = [
  ["timezone", "'Europe/Berlin'"],
  ["default_text_search_config", "'public.office'"],
  ["lc_monetary", "'C'"],
  ["array_nulls", "off"],
  ["app.tenant", "'Söhne'"],
  ["default_transaction_read_only", "on"],
  ["temp_file_limit", "'64kB'"],
  ["search_path", '"Reporting", public'],
];

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore"]);
  await sandbox.psql(`
    create text search configuration public.office (copy = pg_catalog.german);
    create schema "Reporting";
    alter role ${sandbox.databaseUser} in database ${live} set datestyle to 'German';
    ${settings.map(([name, value]) => `alter database ${live} set ${name} to ${value};`).join("\n")}`);
  await sandbox.psql(`
    set default_transaction_read_only = off;
    set temp_file_limit = -1;
    create table public.stays (
      id bigserial primary key,
      arrives_on date not null,
      arrives_at timestamptz not null,
      tenant text not null default current_setting('app.tenant'),
      constraint arrival_is_that_day check (arrives_on = arrives_at::date),
      constraint of_the_tenant check (tenant = current_setting('app.tenant'))
    );
    insert into public.stays (arrives_on, arrives_at)
      select day, day + interval '30 minutes'
      from generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') as day;
    create table public.sales (id bigserial primary key, at timestamptz not null, price money, tags text[]);
    insert into public.sales (at, price, tags)
      select timestamptz '2026-01-01 23:30+00' + n * interval '6 hours', 1234.56, array['a', null]
      from generate_series(0, 199) as n;
    create materialized view public.revenue_per_day as select at::date as day, sum(price) from public.sales group by 1;
    create table public.notes (id bigserial primary key, body text not null);
    insert into public.notes (body) values ('Die Rechnungen wurden gestern verschickt');
    create materialized view public.note_words as select id, to_tsvector(body) as words from public.notes;
    create materialized view public.note_count as select count(*) from public.note_words where words @@ 'rechnung';
    create index on public.stays (arrives_at);`);
  archive = await server.backUp();
});

afterAll(() => server?.remove());

const right = `
  set datestyle = iso;
  select (select count(*) from public.stays), (select count(*) from public.revenue_per_day),
    (select min(day) from public.revenue_per_day),
    (select words from public.note_words), (select count from public.note_count),
    (select count(*) from public.sales where tags[2] is null and price = 1234.56::numeric::money)`;
const asBackedUp = "90|50|2026-01-02|'gest':4 'rechnung':2 'verschickt':5 'wurd':3|1|200";

const ownSettings = (database: string) =>
  server.sandbox.psql(
    `select setrole <> 0, unnest(setconfig) from pg_db_role_setting
     where setdatabase = (select oid from pg_database where datname = '${database}') order by 1, 2`,
    "template1",
  );

test("before the load the new database has the settings that the old one had", async () => {
  const { sandbox } = server;
  expect(await sandbox.psql(right)).toBe(asBackedUp);
  const before = await ownSettings(live);
  expect(before.split("\n")).toHaveLength(settings.length + 1);

  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql(right)).toBe(asBackedUp);
  expect(await ownSettings(live)).toBe(before);

  expect(await server.restore(`--into beside ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql(right, "beside")).toBe(asBackedUp);
  expect(await ownSettings("beside")).toBe(before);

  expect(await server.restore(`--yes --in-place ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql(right)).toBe(asBackedUp);
  expect(await ownSettings(live)).toBe(before);
});

test("a rehearsal restores under them too", async () => {
  const { sandbox } = server;
  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} ${archive}`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
});

test("a database that has other settings by now keeps them, and the dump is loaded under its own", async () => {
  const { sandbox } = server;
  await sandbox.psql(
    `alter database ${live} reset all;
     alter role ${sandbox.databaseUser} in database ${live} reset all;
     alter database ${live} set timezone to 'Asia/Tokyo';
     alter database ${live} set app.tenant to 'another'`,
    "template1",
  );
  const changed = await ownSettings(live);
  const tables = await server.restore(`--table stays,notes ${archive}`);
  expect(tables).toMatchObject({ code: 0, stderr: "" });
  const schema = /restored_\d{8}_\d{6}/.exec(tables.stdout)?.[0] ?? "";
  expect(await sandbox.psql(`select count(*) from ${schema}.stays`)).toBe("90");
  await sandbox.psql(`drop schema ${schema} cascade`);

  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await ownSettings(live)).toBe(changed);
  expect(await sandbox.psql(`set timezone = 'Europe/Berlin'; set lc_monetary = 'C'; ${right}`)).toBe(
    asBackedUp,
  );
});

test("a check that reads the database's own time zone, dropped in place and restored by a proof of its own", async () => {
  const { sandbox } = server;
  await sandbox.psql(
    `drop database ${live} with (force); create database ${live} template template0;
     alter database ${live} set timezone to 'Europe/Berlin'`,
    "template1",
  );
  await sandbox.psql(`create table stays (
      id bigserial primary key, arrives_on date not null, arrives_at timestamptz not null,
      constraint arrival_is_that_day check (arrives_on = arrives_at::date));
    insert into stays (arrives_on, arrives_at) select day, day + interval '30 minutes'
      from generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') as day`);
  const own = await server.backUp();
  const before = await server.hash();
  await sandbox.psql("delete from stays");
  expect(await server.restore(`--yes --in-place ${own}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await server.hash()).toBe(before);
  expect(await sandbox.psql("select count(*) from stays")).toBe("90");
});

test("a server that lacks the database makes it with its settings", async () => {
  const { sandbox } = server;
  await sandbox.psql(`drop database ${live} with (force)`, "template1");
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await sandbox.psql(right)).toBe(asBackedUp);
  expect((await ownSettings(live)).split("\n")).toHaveLength(settings.length + 1);
  expect(await sandbox.run(`ls -A ${backups} | grep partial`)).toMatchObject({ stdout: "" });
});
