import { afterAll, beforeAll, expect, test } from "vitest";
import { backups, commandOf, putPrograms } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

const live = "curriculum_library_api_production";

/**
 * Rows that violate their own foreign key; an index on a function that is found by the search_path; a check whose rows
 * violate it; a table followed by rows that look like SQL and commands. Parts of other databases' dumps, such as a missing
 * extension, are added below.
 */
const content = `
  create table owners (id bigint primary key);
  create table pets (id bigserial primary key, owner_id bigint not null references owners (id));
  insert into owners select generate_series(1, 20);
  insert into pets (owner_id) select 1 + n % 20 from generate_series(1, 100) as n;
  set session_replication_role = replica;
  delete from owners where id = 7;
  reset session_replication_role;

  create extension unaccent;
  create function immutable_unaccent(text) returns text language sql immutable strict parallel safe
    as $$ select unaccent($1) $$;
  create table clients (id bigserial primary key, name text not null);
  insert into clients (name) select 'Zoë Größe ' || n from generate_series(1, 200) as n;

  create function always() returns boolean language sql immutable as 'select true';
  create table checked (id int, constraint allowed check (id < 1000 or always()));
  insert into checked select generate_series(990, 1010);
  create or replace function always() returns boolean language sql immutable as 'select false';
  select lo_from_bytea(4711, 'large');
  create view client_names as select name from clients;`;

const indexes = `
  create index clients_by_name on clients (immutable_unaccent(name));
  create index clients_z on clients (id) where immutable_unaccent(name) like 'Zoe%';`;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore"]);
  await sandbox.psql(content);
  archive = await server.backUp();
});

afterAll(() => server?.remove());

/** A copy of the archive without a manifest, changed by a shell filter. */
async function changed(stamp: string, change: string): Promise<string> {
  const file = `${backups}/curriculum_library_api_${stamp}.sql.gz`;
  const { code, stderr } = await server.sandbox.run(`gunzip -c ${archive} | ${change} | gzip >${file}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return file;
}

const oneLine = (text: string) => text.trim().split("\n").length === 1;

test("rows that violate their constraint: the message names rows and ways, in one line of the log", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const failed = await server.restore(`--yes --quiet ${archive}`);
  expect(failed.code).toBe(1);
  expect(oneLine(failed.stderr)).toBe(true);
  expect(failed.stderr).toMatch(
    /the rows of public\.checked could not be loaded: .*violates check constraint "allowed" \(23514\); .*SELECT \* FROM public\.checked WHERE NOT/,
  );
  expect(failed.stderr).toContain(`restore_database.sh --into NAME --keep-going ${archive}`);
  expect(failed.stderr).not.toMatch(/gzip \d|psql \d|Failing row/);
  expect((await server.log()).trim().split("\n").at(-1)).toContain("(23514)");
  expect(await server.databases()).toEqual([live]);
  expect(await server.hash()).toBe(before);

  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet ${archive}`);
  expect(rehearsed.code).toBe(1);
  expect(oneLine(rehearsed.stderr)).toBe(true);
  expect(rehearsed.stderr).toMatch(/public\.checked could not be loaded.*--keep-going/);
});

test("--keep-going brings all that can be loaded, and says what is missing", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const partly = await server.restore(`--json --into partly --keep-going ${archive}`);
  expect(partly).toMatchObject({ code: 13 });
  const report = JSON.parse(partly.stdout);
  expect(report).toMatchObject({ exitCode: 13, into: "partly", notLoadedCount: 2 });
  expect(report.notLoaded).toEqual([
    {
      object: "the rows of public.checked could not be loaded",
      sqlState: "23514",
      message: expect.stringMatching(/violates check constraint "allowed"; that table is empty$/),
      cure: expect.stringContaining("find them in the live database"),
    },
    {
      object: "the foreign key constraint public.pets pets_owner_id_fkey could not be made",
      sqlState: "23503",
      message: expect.stringContaining("violates foreign key constraint"),
      cure: expect.stringContaining(
        "SELECT * FROM public.pets AS t WHERE t.owner_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.owners AS r WHERE (r.id) = (t.owner_id))",
      ),
    },
  ]);
  expect(report.differences).toEqual([
    "public.checked had 21 rows, it has 0",
    expect.stringMatching(/^1 constraint is missing/),
  ]);
  const query = /SELECT \* FROM public\.pets.*?\(t\.owner_id\)\)/.exec(report.notLoaded[1].cure)?.[0] ?? "";
  expect((await sandbox.psql(query)).split("\n")).toHaveLength(5);
  const held = `select (select count(*) from pets), (select count(*) from clients), (select count(*) from owners),
    (select count(*) from client_names), lo_get(4711)`;
  expect(await sandbox.psql(held, "partly")).toBe("100|200|19|200|\\x6c61726765");
  expect(await server.hash()).toBe(before);
  expect(await server.log()).toMatch(
    /warning curriculum_library_api \S+ restore_database: restore finished, but not all of it/,
  );

  const again = await server.restore(`--into partly_too --keep-going ${archive}`);
  expect(again.code).toBe(13);
  expect(again.stdout).toMatch(/Not loaded \(2\):\n {2}the rows of public\.checked could not be loaded/);
  expect(again.stdout).toContain("Different from what was backed up:\n  public.checked had 21 rows");
  await sandbox.psql("drop database partly; drop database partly_too", "template1");
});

test("a function that is found by the search_path: which one, and how to mend it", async () => {
  const { sandbox } = server;
  const file = await changed(
    "20250816_155503",
    // As pg_dump writes them after the rows.
    `sed 's/^ALTER TABLE ONLY public.pets$/${indexes
      .trim()
      .split("\n")
      .map((statement, at) => {
        const name = at === 0 ? "clients_by_name" : "clients_z";
        const sql = statement
          .trim()
          .replace(" clients (", " public.clients (")
          .replace("immutable", "public.immutable");
        return `--\\n-- Name: ${name}; Type: INDEX; Schema: public; Owner: app\\n--\\n\\n${sql}\\n\\n`;
      })
      .join("")}&/'`,
  );
  const failed = await server.restore(`--into named --keep-going ${file}`);
  expect(failed.code).toBe(13);
  expect(failed.stdout).toMatch(
    /the index public\.clients_by_name could not be made: function unaccent\(text\) does not exist \(42883\); function public\.immutable_unaccent\(text\) needs a search_path.*ALTER FUNCTION public\.immutable_unaccent\(text\) SET search_path = /,
  );
  expect(failed.stdout).toContain("the index public.clients_z could not be made");
  expect(await sandbox.psql("select count(*) from clients", "named")).toBe("200");
  expect(failed.stdout).toContain("nothing says what it should hold");
  await sandbox.psql("drop database named", "template1");
});

test("a setting at the dump's head that this server does not know costs no table its rows", async () => {
  const { sandbox } = server;
  const file = await changed(
    "20250816_155504",
    "sed '0,/^SET lock_timeout/s//SET timeout_of_the_future = 0;\\n&/'",
  );
  const partly = await server.restore(`--json --into later --keep-going ${file}`);
  expect(partly.code).toBe(13);
  const [first, ...others] = JSON.parse(partly.stdout).notLoaded;
  expect(first).toMatchObject({
    object: null,
    sqlState: "42704",
    message: expect.stringContaining("timeout_of_the_future"),
  });
  expect(others).toHaveLength(2);
  expect(
    await sandbox.psql("select (select count(*) from owners), (select count(*) from pets)", "later"),
  ).toBe("19|100");
  await sandbox.psql("drop database later", "template1");
});

test("rows are never taken for statements, nor for psql's commands", async () => {
  const { sandbox } = server;
  await sandbox.psql(`
    create table told (id int, words text);
    insert into told values (1, E'x'), (2, 'drop table owners; --'), (3, E'\\\\! touch /tmp/obeyed'), (4, '; drop table pets; select '''' ');`);
  const withRows = await server.backUp();
  const file = `${backups}/curriculum_library_api_20250817_155503.sql.gz`;
  const made = await sandbox.run(
    `gunzip -c ${withRows} | sed 's/^CREATE TABLE public.told (/CREATE TABLE public.told_no_more (/; s/^ALTER TABLE public.told OWNER.*//' | gzip >${file}`,
  );
  expect(made.code).toBe(0);
  await sandbox.psql("drop table told");
  const partly = await server.restore(`--json --into unobeyed --keep-going ${file}`);
  expect(partly.code).toBe(13);
  const report = JSON.parse(partly.stdout);
  expect(report.notLoaded.map(({ object }: { object: string }) => object)).toEqual([
    "the rows of public.checked could not be loaded",
    "the rows of public.told could not be loaded",
    "the foreign key constraint public.pets pets_owner_id_fkey could not be made",
  ]);
  const held = "select (select count(*) from owners), (select count(*) from pets)";
  expect(await sandbox.psql(held, "unobeyed")).toBe("19|100");
  expect((await sandbox.run(`docker exec ${sandbox.container} ls /tmp/obeyed`)).code).not.toBe(0);
  await sandbox.psql("drop database unobeyed", "template1");
});

test("a dump from an unknown source stays confined, and a lost connection leaves nothing", async () => {
  const { sandbox } = server;
  const file = await changed("20250818_155503", `sed 's/^CREATE VIEW/\\\\! touch \\/tmp\\/obeyed\\n&/'`);
  const partly = await server.restore(`--into confined --keep-going ${file}`);
  expect(partly.code).toBe(13);
  expect(partly.stdout).toContain("backslash commands are restricted");
  expect((await sandbox.run(`docker exec ${sandbox.container} ls /tmp/obeyed`)).code).not.toBe(0);
  await sandbox.psql("drop database confined", "template1");

  const killing = await changed(
    "20250819_155503",
    `sed 's/^CREATE VIEW/SELECT pg_terminate_backend(pg_backend_pid());\\n&/'`,
  );
  const lost = await server.restore(`--into lost --keep-going ${killing}`);
  expect(lost.code).toBe(1);
  expect(lost.stderr).toContain("could not be restored: terminating connection");
  expect(await server.databases()).toEqual([live]);
});

test("a complete load exits with 0, and a partial one never replaces anything", async () => {
  const { sandbox } = server;
  await sandbox.psql("delete from checked where id >= 1000; delete from pets where owner_id = 7");
  const whole = await server.backUp();
  const partly = await server.restore(`--into whole --keep-going ${whole}`);
  expect(partly).toMatchObject({ code: 0, stderr: "" });
  expect(partly.stdout).toContain("Nothing is missing.");
  for (const words of ["", "--in-place", "--table pets", "--rollback"]) {
    const refused = await server.restore(
      `--yes --keep-going ${words} ${words === "--rollback" ? "" : whole}`,
    );
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain("--keep-going needs --into NAME");
  }
  await sandbox.psql("drop database whole", "template1");
});
