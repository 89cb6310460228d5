import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresVersion } from "../sandbox/postgres-version.ts";
import { allWell, type SessionServer, startSessionServer } from "./session-server.ts";

/**
 * Before PostgreSQL 17 a session cannot disable the event triggers of a database. A trigger that inserts rows would
 * insert them into the live database, or into the database that is compared with the backup.
 */
let server: SessionServer;

beforeAll(async () => {
  server = await start(15);
});

afterAll(() => server?.sandbox.remove());

const noting = `
  CREATE TABLE things AS SELECT n, 'thing ' || n AS what FROM generate_series(1, 100) AS n;
  CREATE MATERIALIZED VIEW few AS SELECT * FROM things WHERE n < 10;
  CREATE ROLE keeper LOGIN;
  GRANT SELECT ON things TO keeper;
  CREATE SCHEMA shop AUTHORIZATION keeper;
  SET ROLE keeper;
  CREATE FUNCTION shop.shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
  CREATE MATERIALIZED VIEW shop.kept AS SELECT * FROM public.things WHERE n > 90;
  CREATE INDEX ON shop.kept (shop.shout(what));
  RESET ROLE;
  CREATE TABLE done (id bigserial PRIMARY KEY, what text);
  CREATE FUNCTION note() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO public.done (what) VALUES (tg_event || ' ' || tg_tag); END $$;
  CREATE EVENT TRIGGER note_it ON ddl_command_end EXECUTE FUNCTION note();
  CREATE EVENT TRIGGER note_before ON ddl_command_start EXECUTE FUNCTION note();
  CREATE EVENT TRIGGER "Never: \\ '""x" ON sql_drop EXECUTE FUNCTION note();
  ALTER EVENT TRIGGER "Never: \\ '""x" DISABLE;
  COMMENT ON TABLE things IS 'noted';`;

async function start(postgres: PostgresVersion): Promise<SessionServer> {
  const started = await startSessionServer({ postgres });
  await started.sandbox.psql(noting);
  return started;
}

/** The recorded events, the position of their sequence, and the states of the event triggers. */
const noted = (of: SessionServer, database?: string): Promise<string> =>
  of.sandbox.psql(
    `SELECT (SELECT count(*) FROM done), last_value, is_called,
       (SELECT string_agg(evtname || ' ' || evtenabled::text, ',' ORDER BY evtname COLLATE "C") FROM pg_event_trigger) FROM done_id_seq`,
    database,
  );

const enable = (how: string) =>
  server.sandbox.psql(
    `ALTER EVENT TRIGGER note_it ENABLE ${how}; ALTER EVENT TRIGGER note_before ENABLE ${how}`,
  );

interface Views {
  materializedViews: { name: string; rows: number | null; uncompared?: { why: string } }[];
}

/** The views of the newest backup, each with its number of compared rows, or why it is not compared. */
async function views(): Promise<Record<string, number | string | null>> {
  const manifest = (await server.newest()).replace(/sql\.gz$/, "json");
  const { content }: { content: Views } = JSON.parse(await server.sandbox.readFile(manifest));
  return Object.fromEntries(
    content.materializedViews.map(({ name, rows, uncompared }) => [name, uncompared?.why ?? rows]),
  );
}

const compared = { few: 9, kept: 10 };

test("a backup fires none in the live database; a rehearsal and a restore fire none in their databases", async () => {
  const before = await noted(server);
  expect(before).toMatch(/^2\|2\|t\|Never: \\ '"x D,note_before O,note_it O$/);
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await views()).toEqual(compared);
  expect(await noted(server)).toBe(before);
  expect(await server.sandbox.psql("SELECT count(*) FROM few; SELECT count(*) FROM shop.kept")).toBe("9\n10");
  expect(await server.restore("--yes --quiet --rollback")).toMatchObject({ code: 0, stderr: "" });
  expect(await server.restore(`--yes --quiet --in-place ${await server.newest()}`)).toMatchObject({
    code: 0,
  });
  expect(await noted(server)).toBe(before);
});

test.each(["ALWAYS", "REPLICA"])("nor one that fires whatever a session says: ENABLE %s", async (how) => {
  await enable(how);
  const before = await noted(server);
  expect(await server.roundTrip()).toEqual(allWell);
  // A function is created to evaluate them.
  const why = "to run its query would fire the event trigger note_before";
  expect(await views()).toEqual({ few: why, kept: why });
  expect(await noted(server)).toBe(before);
  expect(await server.sandbox.psql("SELECT count(*) FROM few; SELECT count(*) FROM shop.kept")).toBe("9\n10");
});

test("one that fires at other commands keeps no view from being compared", async () => {
  const { sandbox } = server;
  await sandbox.psql(`DROP EVENT TRIGGER note_it; DROP EVENT TRIGGER note_before;
    CREATE EVENT TRIGGER note_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'REFRESH MATERIALIZED VIEW')
      EXECUTE FUNCTION note();
    ALTER EVENT TRIGGER note_tables ENABLE ALWAYS`);
  const before = await noted(server);
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await views()).toEqual(compared);
  expect(await noted(server)).toBe(before);
  await sandbox.psql(`DROP EVENT TRIGGER note_tables;
    CREATE EVENT TRIGGER note_it ON ddl_command_end EXECUTE FUNCTION note();
    CREATE EVENT TRIGGER note_before ON ddl_command_start EXECUTE FUNCTION note()`);
});

test("one that forbids commands hinders no restore, of all that can be loaded either", async () => {
  const { sandbox } = server;
  await sandbox.psql(`CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no % here', tg_tag; END $$;
    CREATE EVENT TRIGGER forbid_it ON ddl_command_start EXECUTE FUNCTION forbid();
    ALTER EVENT TRIGGER forbid_it ENABLE ALWAYS`);
  const before = await noted(server);
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await noted(server)).toBe(before);
  const partly = await server.restore(`--quiet --into partly --keep-going ${await server.newest()}`);
  expect(partly).toMatchObject({ code: 0, stderr: "" });
  expect(await noted(server, "partly")).toBe(before);
  expect(await sandbox.psql("SELECT count(*) FROM few", "partly")).toBe("9");
  await sandbox.psql("DROP EVENT TRIGGER forbid_it; DROP FUNCTION forbid()");
});

test("nor do the steps after a load: subscriptions, other servers, refreshed views", async () => {
  const { database } = server.sandbox;
  await server.sandbox.psql(`CREATE SUBSCRIPTION changes CONNECTION 'dbname=nowhere' PUBLICATION everything WITH (connect = false);
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nowhere', dbname 'x');
    CREATE USER MAPPING FOR PUBLIC SERVER elsewhere;
    CREATE TABLE days (day date) PARTITION BY RANGE (day);
    CREATE FOREIGN TABLE far_days PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') SERVER elsewhere;
    CREATE MATERIALIZED VIEW far AS SELECT * FROM far_days WITH NO DATA;
    CREATE MATERIALIZED VIEW words AS SELECT to_tsvector('The quick houses') AS words;
    CREATE TEXT SEARCH CONFIGURATION public.plain (COPY = pg_catalog.simple);
    ALTER DATABASE ${database} SET default_text_search_config = 'public.plain'`);
  await server.sandbox.psql("REFRESH MATERIALIZED VIEW words");
  await enable("ALWAYS");
  const before = await noted(server);
  expect(await server.backUp()).toMatchObject({ code: 0 });
  expect(await noted(server)).toBe(before);
  expect(await server.rehearse()).toMatchObject({ code: 0 });
  expect(await server.restore(`--quiet --into beside ${await server.newest()}`)).toMatchObject({ code: 0 });
  expect(await noted(server, "beside")).toBe(before);
  expect(await server.sandbox.psql("SELECT words FROM words", "beside")).toBe("'houses':3 'quick':2 'the':1");
  expect(
    await server.sandbox.psql("SELECT count(*) FROM pg_subscription WHERE subslotname IS NOT NULL"),
  ).toBe("1");
});

test("tables beside the live ones fire none that a superuser may leave out, and others are reported", async () => {
  const { database } = server.sandbox;
  const archive = await server.newest();
  const rows = async () => Number((await noted(server)).split("|")[0]);
  await server.sandbox.psql(`ALTER EVENT TRIGGER note_it ENABLE; ALTER EVENT TRIGGER note_before ENABLE;
    ALTER SUBSCRIPTION changes SET (slot_name = NONE); DROP SUBSCRIPTION changes`);
  const before = await rows();
  const warnings = async () =>
    (await server.sandbox.readFile("/root/backup_database.log"))
      .split("\n")
      .filter((line) => line.includes("[DBK-TABLE-3]"));
  expect(await server.restore(`--quiet --table things ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await warnings()).toEqual([]);
  expect(await rows()).toBe(before);
  await enable("ALWAYS");
  expect(await server.restore(`--quiet --table things ${archive}`)).toMatchObject({ code: 0, stderr: "" });
  expect(await warnings()).toEqual([
    expect.stringContaining(`the event trigger note_before of ${database} fires`),
  ]);
});

test("an ordinary role evaluates no view if that would fire one", async () => {
  const { database } = server.sandbox;
  await enable("ALWAYS");
  await server.sandbox.psql(`GRANT pg_read_all_data TO keeper; GRANT CREATE ON DATABASE ${database} TO keeper;
    ALTER EVENT TRIGGER note_it ENABLE; ALTER EVENT TRIGGER note_before ENABLE`);
  const before = await noted(server);
  await server.configure({ user: "keeper" });
  expect(await server.backUp()).toMatchObject({ code: 0 });
  await server.configure({});
  expect(await views()).toMatchObject({ kept: "to run its query would fire the event trigger note_before" });
  expect(await noted(server)).toBe(before);
});

test("PostgreSQL 13", async () => {
  const old = await start(13);
  try {
    const before = await noted(old);
    expect(await old.roundTrip()).toEqual(allWell);
    expect(await noted(old)).toBe(before);
  } finally {
    await old.sandbox.remove();
  }
});
