import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CommandResult } from "../../infra/local-machine/command.ts";
import { quote } from "../../scripts/contract/quoting.ts";
import { recogniseDatabase } from "../../scripts/lib/postgres/database-names.ts";
import { name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
let archive: string;

beforeAll(async () => {
  server = await startRestoreServer();
  await server.sandbox.psql(`
    create table measurements (id bigint generated always as identity, at date not null, value numeric)
      partition by range (at);
    create table measurements_2025 partition of measurements for values from ('2025-01-01') to ('2026-01-01');
    create table measurements_2026 partition of measurements for values from ('2026-01-01') to ('2027-01-01');
    insert into measurements (at, value) select date '2025-11-01' + n, n / 3.0 from generate_series(1, 120) n;
    create table "Reporting"."odd, ""table"".name" ("from" text[], state lesson_state);
    insert into "Reporting"."odd, ""table"".name" values (array[E'a\\\\b\\n', null, '\\.'], 'draft'), (null, null);
    create table empty_one ();
    create table keywords ("select" int primary key, "Order" text, "from" int generated always as ("select" * 2) stored);
    insert into keywords values (1, 'one'), (2, 'two');`);
  archive = await server.backUp();
});

afterAll(() => server?.remove());

const rowsOf = (table: string) => server.sandbox.psql(`select t::text from ${table} t order by 1`);

const schemas = () =>
  server.sandbox.psql("select nspname from pg_namespace where nspname like 'restored%' order by 1");

/** Runs it. @returns the schema that it reports to have created */
async function restoreTables(words: string): Promise<{ schema: string; stdout: string }> {
  const { code, stderr, stdout } = await server.restore(`${words} ${archive}`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const schema = /restored_\d{8}_\d{6}/.exec(stdout)?.[0] ?? "";
  expect(await schemas()).toBe(schema);
  expect(await server.databases()).toEqual([server.sandbox.database]);
  return { schema, stdout };
}

test("tables come back beside the live ones, which may be locked meanwhile, and the printed SQL brings the lost rows back", async () => {
  const { sandbox } = server;
  const lessons = await rowsOf("lessons");
  const odd = `"Reporting"."odd, ""table"".name"`;
  const oddRows = await rowsOf(odd);
  const measurements = await rowsOf("measurements");
  await sandbox.psql(`delete from lessons where id > 600; delete from measurements where at < '2026-01-01';
    delete from keywords where "select" = 2; alter table lessons add column added text`);
  const present = await server.hash();

  // A session that holds the strongest lock on a table until the end of its input.
  const holding = `docker exec -i ${sandbox.container} psql -X -q -U ${sandbox.databaseUser} -d ${sandbox.database}`;
  const lock = `mkfifo /tmp/holding; (${holding} </tmp/holding >/dev/null 2>&1 &) ; exec 9>/tmp/holding
    echo 'begin; lock table lessons in access exclusive mode; create table held ();' >&9
    echo $$ >/tmp/holder; exec sleep 600`;
  await sandbox.run(`setsid sh -c ${quote(lock)} </dev/null >/dev/null 2>&1 &`);
  const held =
    "select count(*) from pg_locks where relation = 'lessons'::regclass and mode = 'AccessExclusiveLock'";
  await expect.poll(() => sandbox.psql(held), { timeout: 60_000 }).toBe("1");
  const { schema, stdout } = await restoreTables(
    `--table lessons,measurements,keywords --table ${quote(odd)} --table empty_one`,
  );
  await sandbox.run("kill $(cat /tmp/holder); rm /tmp/holding");
  await expect.poll(() => sandbox.psql(held), { timeout: 60_000 }).toBe("0");

  expect(await rowsOf(`${schema}.lessons`)).toBe(lessons);
  expect(await rowsOf(`${schema}.measurements`)).toBe(measurements);
  expect(await rowsOf(`${schema}."odd, ""table"".name"`)).toBe(oddRows);
  expect(await sandbox.psql(`select count(*) from ${schema}.empty_one`)).toBe("0");

  const sql = stdout.slice(stdout.indexOf("INSERT INTO"), stdout.indexOf("When done:"));
  for (const statement of sql.split(";\n").filter((text) => /lessons|measurements|keywords/.test(text)))
    await sandbox.psql(statement);
  expect(await sandbox.psql("select count(*) from lessons")).toBe("1200");
  expect(await rowsOf("measurements")).toBe(measurements);
  expect(await rowsOf("keywords")).toBe("(1,one,2)\n(2,two,4)");
  expect(await sandbox.psql(`select obj_description('${schema}'::regnamespace)`)).toContain(archive);
  await sandbox.psql(/DROP SCHEMA .*;/.exec(stdout)?.[0] ?? "");
  await sandbox.psql(`delete from lessons where id > 600; delete from measurements where at < '2026-01-01';
    delete from keywords where "select" = 2`);
  expect(await server.hash()).toBe(present);
});

test("a table by its lower case, with --json", async () => {
  const { code, stdout } = await server.restore(`--json --table PUBLIC.USERS ${archive}`);
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    database: name,
    schema: expect.stringMatching(/^restored_/),
    tables: [{ schema: "public", name: "users", rows: 800, example: expect.stringContaining("ON CONFLICT") }],
  });
  await server.sandbox.psql(`drop schema ${report.schema} cascade`);
});

test("a table that cannot be copied into the live database leaves nothing behind", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const refused = async (table: string, code: number, says: RegExp) => {
    const result = await server.restore(`--table ${table} ${archive}`);
    expect(result.stderr).toMatch(says);
    expect(result.code).toBe(code);
    expect(await schemas()).toBe("");
    expect(await server.databases()).toEqual([sandbox.database]);
  };
  await refused("nothing", 1, /there is no table nothing in/);
  await refused("lesson", 1, /there is no table lesson in .*; there is public\.lessons/);

  await sandbox.psql("alter type lesson_state rename value 'draft' to 'sketch'");
  await refused("lessons", 1, /could not copy .* into restored_.*invalid input value for enum/s);
  await sandbox.psql("alter type lesson_state rename to other_state");
  await refused("lessons", 1, /lacks the types public\.lesson_state/);
  await sandbox.psql("alter type other_state rename to lesson_state");
  await sandbox.psql("alter type lesson_state rename value 'sketch' to 'draft'");
  expect(await server.hash()).toBe(before);
});

describe("in the middle of a copy", () => {
  beforeAll(async () => {
    const { sandbox } = server;
    await sandbox.psql(
      "create table large as select n, repeat('x', 500) as text from generate_series(1, 50000) n",
    );
    archive = await server.backUp();
    // Delays every session that creates a table, also a restore's, while there is a row in `held_up`.
    await sandbox.psql(`drop table large; create table held_up (); create function hold_up() returns event_trigger
      language plpgsql as 'begin while exists (select from public.held_up) loop perform pg_sleep(0.05); end loop; end';
      create event trigger hold_up on ddl_command_end when tag in ('CREATE TABLE') execute function hold_up();
      alter event trigger hold_up enable always`);
  });

  const atWork = "from pg_stat_activity where application_name like 'database-backups/%'";

  /** Starts a copy, does something while its transaction is open, and then lets the copy continue. */
  async function interrupted(interrupt: () => Promise<unknown>): Promise<CommandResult> {
    const { sandbox } = server;
    await sandbox.psql("insert into held_up default values");
    const started = server.restore(`--table large ${archive}`);
    const waiting = `select count(*) ${atWork} and wait_event = 'PgSleep'`;
    await expect.poll(() => sandbox.psql(waiting), { timeout: 60_000 }).toBe("1");
    await interrupt();
    const result = await started;
    await sandbox.psql("delete from held_up");
    return result;
  }
  const signal = (name: "TERM" | "KILL") => () =>
    server.sandbox.run(`kill -${name} $(pgrep -f '^${server.command} ')`);

  /** The leftovers of a killed run have its name: they are listed, and the next run drops them. */
  async function scratchGoes(): Promise<void> {
    const { sandbox } = server;
    const [left = "", ...more] = (await server.databases()).filter((name) => name !== sandbox.database);
    expect(more).toEqual([]);
    expect(recogniseDatabase(sandbox.database, left)).toMatchObject({ kind: "restoring" });
    expect((await server.restore("--list")).stdout).toContain(left);
    await server.backUp();
    expect(await server.databases()).toEqual([sandbox.database]);
    expect(await server.log()).toContain(`dropped ${left}, left by a crashed run`);
    expect(await schemas()).toBe("");
  }

  test("a lost connection: nothing has changed, and nothing is left", async () => {
    const { sandbox } = server;
    const before = await server.hash();
    const cut = await interrupted(() => sandbox.psql(`select pg_terminate_backend(pid) ${atWork}`));
    expect(cut.stderr).toMatch(/could not copy public\.large into restored_/);
    expect(cut.code).toBe(1);
    expect(await schemas()).toBe("");
    expect(await server.databases()).toEqual([sandbox.database]);
    expect(await server.hash()).toBe(before);
  });

  test("SIGTERM: nothing has changed, and nothing is left", async () => {
    const before = await server.hash();
    const ended = await interrupted(signal("TERM"));
    expect(ended.stderr).toMatch(/could not copy public\.large into restored_\S+ .*SIGTERM/);
    expect(ended.code).toBe(1);
    expect(await schemas()).toBe("");
    expect(await server.databases()).toEqual([server.sandbox.database]);
    expect(await server.hash()).toBe(before);
  });

  test("SIGKILL: the live database is unchanged, and the next run drops the scratch database", async () => {
    const { sandbox } = server;
    const before = await server.hash();
    expect((await interrupted(signal("KILL"))).code).not.toBe(0);
    // The program in the container continues without ours. It must have no effect.
    await expect.poll(() => sandbox.psql(`select count(*) ${atWork}`), { timeout: 120_000 }).toBe("0");
    expect(await schemas()).toBe("");
    expect(await server.hash()).toBe(before);
    await scratchGoes();
  });

  test("SIGKILL at once after the copy, with nothing but the commit to come", async () => {
    const { sandbox } = server;
    const before = await server.hash();
    const killing = `#!/bin/sh
case "$*" in *"into \\$?"*) ;; *) exec /usr/bin/docker "$@" ;; esac
/usr/bin/docker "$@" | while IFS= read -r line; do
  if [ "$line" = copied ]; then kill -KILL $PPID; touch /tmp/killed; fi
  printf '%s\\n' "$line"
done
`;
    await sandbox.writeFile("/opt/test/killing/docker", killing, "0755");
    const killed = await server.restore(`--table large ${archive}`, 'PATH="/opt/test/killing:$PATH"');
    expect(killed.code).toBe(137);
    expect((await sandbox.run("ls /tmp/killed")).code).toBe(0);
    expect(await schemas()).toBe("");
    await scratchGoes();
    expect(await server.hash()).toBe(before);
  });
});
