import { afterAll, beforeAll, expect, test } from "vitest";
import { readContent } from "../../scripts/lib/content/read-content.ts";
import { beginReading } from "../../scripts/lib/content/text-forms.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { PsqlSession } from "../../scripts/lib/postgres/session.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer({ database: "empty" });
  // Replaces the extension unaccent, which not every image has.
  await server.sandbox.psql(`
CREATE FUNCTION unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT pg_catalog.translate($1, 'ëöüß', 'eous') $$;
CREATE FUNCTION immutable_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT unaccent($1) $$;
CREATE FUNCTION current_tenant() RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN RETURN current_setting('app.tenant')::integer; END $$;
CREATE TYPE size AS (width numeric, "unit of it" text);
CREATE TABLE clients (id bigserial PRIMARY KEY, name text NOT NULL);
INSERT INTO clients (name) SELECT 'Zoë Größe ' || n FROM generate_series(1, 200) AS n;
CREATE INDEX clients_by_name ON clients (immutable_unaccent(name));
CREATE INDEX clients_z ON clients (id) WHERE immutable_unaccent(name) LIKE 'Zoe%';

CREATE TABLE every_form (id integer, e text, l text, n numeric, "we ird" varchar, b bytea, j jsonb, a text[], s size,
  relation regclass, kind regtype, money money, at timestamptz, d double precision, generated text GENERATED ALWAYS AS (l || 'x') STORED);
INSERT INTO every_form SELECT n,
  CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'tab\\t new\\nline \\\\ "q" (x), \\r\\f\\v\\b' ELSE 'é' || repeat('x', n % 37) END,
  repeat('long ü\\t', n * 50), n / 7.0,
  CASE n % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'a,b\\\\"(\\n' WHEN 3 THEN E'\\\\N' END,
  decode(repeat(md5(n::text), n), 'hex'), jsonb_build_object('k', E'v\\n"\\\\', 'n', n), ARRAY[NULL, '', 'a b', E'\\\\'],
  ROW(n, 'm "x"')::size, 'clients'::regclass, 'size'::regtype, n::money, '2026-01-01'::timestamptz + n * interval '1 hour', n / 3.0
  FROM generate_series(1, 300) AS n;
CREATE INDEX ON every_form (immutable_unaccent("we ird"));

CREATE TABLE no_rows (name text);
CREATE INDEX ON no_rows (immutable_unaccent(name));

SET app.tenant = 7;
CREATE TABLE by_tenant (tenant integer, name text);
INSERT INTO by_tenant SELECT n % 9, n::text FROM generate_series(1, 90) AS n;
CREATE INDEX of_tenant ON by_tenant (name) WHERE tenant = current_tenant();

CREATE TABLE parts (name text) PARTITION BY RANGE (immutable_unaccent(name));
CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM ('a') TO ('m');
CREATE TABLE parts_m PARTITION OF parts FOR VALUES FROM ('m') TO ('zz');
CREATE INDEX ON parts (immutable_unaccent(name));
INSERT INTO parts SELECT chr(97 + n) || 'öü' FROM generate_series(0, 24) AS n;

CREATE TABLE checked (name text CHECK (immutable_unaccent(name) <> 'x' AND current_tenant() = 7));
INSERT INTO checked VALUES ('ö');
CREATE INDEX ON checked (immutable_unaccent(name));
ALTER TABLE checked ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON checked USING (immutable_unaccent(name) = 'o');
DO $$ BEGIN
  IF current_setting('server_version_num')::integer >= 140000 THEN
    CREATE TABLE described (name text, other text);
    INSERT INTO described VALUES ('ö', 'ü');
    CREATE STATISTICS of_names ON immutable_unaccent(name), immutable_unaccent(other) FROM described;
  END IF;
END $$;`);
  await server.sandbox.psql(
    `ALTER DATABASE ${server.sandbox.database} SET extra_float_digits = 0`,
    "postgres",
  );
}, 120_000);
afterAll(() => server?.remove());

const configured = () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  return database;
};
const asking = { applicationName: "index-function-test" };
const read = (proof: "full" | "rows" = "full") => readContent(new Server(configured(), asking), proof);

test("a table whose indexes PostgreSQL cannot plan with is backed up, with the hash that it has without them", async () => {
  const { sandbox } = server;
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser} -f /dev/null ${sandbox.database}`;
  expect(await sandbox.run(dump)).toMatchObject({ code: 0 });
  await expect(
    sandbox.psql("SET search_path = ''; SELECT count(*) FROM public.clients WHERE id > 0"),
  ).rejects.toThrow("unaccent");

  expect(await server.backUp("--quiet")).toMatchObject({ code: 0, stderr: "" });
  const archive = (await server.files()).find((file) => file.endsWith(".sql.gz")) ?? "";
  const { content } = await server.manifest(archive);
  expect(content?.proof).toBe("full");
  expect(content?.tables).toContainEqual(expect.objectContaining({ name: "clients", rows: 200 }));
  const rows = await read("rows");
  expect(rows.tables).toEqual(content?.tables.map((table) => ({ ...table, hash: null })));

  await sandbox.psql(`
DROP INDEX clients_by_name, clients_z, of_tenant, every_form_immutable_unaccent_idx, no_rows_immutable_unaccent_idx,
  checked_immutable_unaccent_idx, parts_immutable_unaccent_idx;
DROP STATISTICS IF EXISTS of_names;`);
  await sandbox.psql("SET search_path = ''; SELECT count(*) FROM public.clients WHERE id > 0");
  expect((await read()).tables).toEqual(content?.tables);
});

test("a change of such a table is seen, whichever way it is read", async () => {
  const { sandbox } = server;
  const hash = async () => (await read()).tables.find(({ name }) => name === "every_form")?.hash;
  const plain = await hash();
  await sandbox.psql("CREATE INDEX again ON every_form (immutable_unaccent(l))");
  expect(await hash()).toBe(plain);
  await sandbox.psql(String.raw`UPDATE every_form SET "we ird" = NULL WHERE "we ird" = E'\\N' AND id = 3`);
  const changed = await hash();
  expect(changed).not.toBe(plain);
  await sandbox.psql("DROP INDEX again");
  expect(await hash()).toBe(changed);
});

test("a table whose index is being rebuilt is read meanwhile, as a dump reads it", async () => {
  const { psql } = server.sandbox;
  const hash = async () => (await read()).tables.find(({ name }) => name === "clients")?.hash;
  const before = await hash();
  const held =
    "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'clients_pkey'::regclass";
  const building = psql("BEGIN; REINDEX TABLE clients; SELECT pg_sleep(40); ROLLBACK");
  await expect.poll(() => psql(held), { timeout: 30_000 }).toBe("1");
  expect(await hash()).toBe(before);
  expect(await psql(held)).toBe("1");
  await psql(held.replace("count(*)", "pg_terminate_backend(pid)"));
  await expect(building).rejects.toThrow();
}, 120_000);

test("a view that has come into the place of a table is not read", async () => {
  await server.sandbox.psql("CREATE VIEW in_its_place AS SELECT 1 AS one");
  const session = new PsqlSession(new Server(configured(), asking));
  try {
    await session.query(`${beginReading};`);
    expect(await session.attempt("SELECT count(*) FROM public.in_its_place")).toMatchObject({
      sqlState: "55000",
    });
  } finally {
    await session.close();
  }
});
