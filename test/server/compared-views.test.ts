import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containing, manifestOf, rehearse, restore, rewrite, rewriteContent } from "./compared-databases.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

let server: RehearsalServer;

beforeAll(async () => {
  server = await startRehearsalServer({ database: "empty" });
  await putPrograms(server.sandbox, ["restore_database"]);
});
afterAll(() => server?.sandbox.remove());

describe("materialized views", () => {
  const evening = `
    SELECT format('ALTER DATABASE %I SET timezone TO %L', current_database(), 'Europe/Berlin') \\gexec
    SELECT format('ALTER DATABASE %I SET default_text_search_config TO %L', current_database(), 'pg_catalog.german') \\gexec
    SET timezone = 'Europe/Berlin';
    SET default_text_search_config = 'pg_catalog.german';
    CREATE TABLE sales (id bigserial PRIMARY KEY, at timestamptz NOT NULL, cents integer NOT NULL);
    INSERT INTO sales (at, cents) SELECT timestamptz '2026-01-01 23:30+00' + n * interval '6 hours', 100 + n FROM generate_series(0, 199) AS n;
    CREATE MATERIALIZED VIEW revenue_per_day AS SELECT at::date AS day, sum(cents) AS cents FROM sales GROUP BY 1;
    CREATE TABLE notes (id bigserial PRIMARY KEY, body text NOT NULL);
    INSERT INTO notes (body) VALUES ('Die Rechnungen wurden gestern verschickt'), ('Mahnungen und Lieferungen');
    CREATE MATERIALIZED VIEW note_words AS SELECT id, to_tsvector(body) AS words FROM notes;`;

  test("wrongly filled ones are found, and correctly filled ones are equal", async () => {
    const ask = await containing(server, "evening", evening);
    const archive = await server.backUp();
    expect((await manifestOf(server, archive)).content?.materializedViews).toEqual([
      expect.objectContaining({ name: "note_words", populated: true, rows: 2, hash: expect.any(String) }),
      expect.objectContaining({
        name: "revenue_per_day",
        populated: true,
        rows: 50,
        hash: expect.any(String),
      }),
    ]);
    await rehearse(server, archive);
    expect(await server.record(archive)).not.toHaveProperty("untried");
    await restore(server, archive);
    expect(await ask("SELECT count(*), min(day) FROM revenue_per_day")).toBe("50|2026-01-02");
    expect(await ask("SELECT words FROM note_words WHERE id = 1")).toBe(
      "'gest':4 'rechnung':2 'verschickt':5 'wurd':3",
    );

    // As if the settings had been applied after the dump.
    await rewrite(server, archive, ({ properties }) => ({
      properties: properties === null ? null : { ...properties, settings: [] },
    }));
    expect(await server.rehearse(archive)).toMatchObject({ code: 13 });
    expect((await server.record(archive)).differences).toEqual([
      "materialized view public.note_words: same number of rows (2), other content",
      "materialized view public.revenue_per_day is to have 50 rows, it has 51",
    ]);
  });

  test("those whose rows may legitimately differ are named, and the others are compared", async () => {
    const ask = await containing(
      server,
      "filled",
      `CREATE ROLE filler;
       CREATE TABLE done (what text);
       CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO done VALUES (tg_tag); END $$;
       CREATE TABLE counted (n integer PRIMARY KEY, share float8, at timestamptz DEFAULT '2026-01-01');
       INSERT INTO counted SELECT n, n / 7.0 FROM generate_series(1, 1000) AS n;
       GRANT SELECT ON counted TO filler;
       CREATE TABLE of_filler (n integer);
       ALTER TABLE of_filler OWNER TO filler;
       CREATE FUNCTION by_filler() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
       ALTER FUNCTION by_filler() OWNER TO filler;
       CREATE TABLE many (n integer) PARTITION BY LIST (n);
       SELECT format('CREATE TABLE many_%1$s PARTITION OF many FOR VALUES IN (%1$s)', n) FROM generate_series(1, 255) AS n \\gexec
       CREATE FUNCTION clocked() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
       CREATE FUNCTION by_clock() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RETURN public.clocked(); END';
       CREATE FUNCTION again() RETURNS text LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'RESET ROLE'; RETURN 'become another'; EXCEPTION WHEN OTHERS THEN RETURN 'kept'; END $$;
       CREATE MATERIALIZED VIEW a_plain AS SELECT n, n % 7 AS rest FROM counted;
       ALTER MATERIALIZED VIEW a_plain OWNER TO filler;
       CREATE MATERIALIZED VIEW b_over_plain AS SELECT rest, count(*) FROM a_plain GROUP BY 1;
       ALTER MATERIALIZED VIEW b_over_plain OWNER TO filler;
       CREATE MATERIALIZED VIEW c_by_its_owner AS SELECT again();
       ALTER MATERIALIZED VIEW c_by_its_owner OWNER TO filler;
       CREATE MATERIALIZED VIEW d_empty AS SELECT 1 AS one WITH NO DATA;
       CREATE MATERIALIZED VIEW e_recent AS SELECT n FROM counted WHERE at > now() - interval '100 years';
       CREATE MATERIALIZED VIEW f_today AS SELECT current_date - at::date AS days FROM counted;
       CREATE VIEW between AS SELECT n, by_clock() AS at FROM counted;
       CREATE MATERIALIZED VIEW g_by_function AS SELECT n FROM between WHERE at IS NOT NULL;
       CREATE MATERIALIZED VIEW h_by_chance AS SELECT n FROM counted TABLESAMPLE bernoulli (30);
       CREATE MATERIALIZED VIEW i_inexact AS SELECT abs(n) % 3 AS third, sum(share) FROM counted GROUP BY 1;
       CREATE MATERIALIZED VIEW j_stale AS SELECT count(*) FROM counted WHERE n > 0;
       CREATE MATERIALIZED VIEW k_over_stale AS SELECT * FROM j_stale;
       CREATE MATERIALIZED VIEW l_failing AS SELECT 1 / n AS part FROM counted WHERE n > 0;
       CREATE MATERIALIZED VIEW m_others_table AS SELECT n FROM of_filler;
       CREATE MATERIALIZED VIEW n_others_function AS SELECT n FROM counted WHERE n > by_filler();
       CREATE MATERIALIZED VIEW o_of_many AS SELECT n FROM many;
       UPDATE counted SET n = -n WHERE n < 10;
       CREATE EVENT TRIGGER noting ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION', 'ALTER FUNCTION') EXECUTE FUNCTION on_ddl();`,
    );
    const archive = await server.backUp();
    expect(await ask("SELECT count(*) FROM done")).toBe("0");
    const { content } = await manifestOf(server, archive);
    const rows = content?.materializedViews?.map(({ name, rows: number, hash }) => [
      name,
      number,
      hash !== null,
    ]);
    expect(rows).toEqual([
      ["a_plain", 1000, true],
      ["c_by_its_owner", 1, true],
      ["d_empty", null, false],
      ["e_recent", null, false],
      ["f_today", null, false],
      ["g_by_function", null, false],
      ["h_by_chance", null, false],
      ["i_inexact", 3, false],
      ["j_stale", 1, true],
      ["l_failing", 991, true],
      ["m_others_table", null, false],
      ["n_others_function", null, false],
      ["o_of_many", null, false],
      ["b_over_plain", null, false],
      ["k_over_stale", null, false],
    ]);
    await rehearse(server, archive);
    expect((await server.record(archive)).untried).toEqual(
      [
        ["e_recent", "its query uses now(): it may give something else after a restore"],
        [
          "f_today",
          "its query uses the present time, user or schema: it may give something else after a restore",
        ],
        [
          "g_by_function",
          "its query uses clocked(), whose text asks for the time, the user or chance: it may give something else after a restore",
        ],
        ["h_by_chance", "two evaluations of its query gave different rows"],
        ["i_inexact", "only its rows were counted: sum of floating-point numbers depends on their order"],
        [
          "m_others_table",
          "its owner is a superuser, and it uses public.of_filler, which others may change: it is not run",
        ],
        [
          "n_others_function",
          "its owner is a superuser, and it uses by_filler(), which others may change: it is not run",
        ],
        ["o_of_many", "its query locks 257 tables and indexes, more than 250"],
        ["b_over_plain", "it reads public.a_plain, which was not refreshed since its tables changed"],
        ["k_over_stale", "it reads public.j_stale, which was not refreshed since its tables changed"],
      ].map(([name, why]) => ({ what: `materialized view public.${name}`, why })),
    );
    expect(await server.log()).toContain("; not compared: materialized view public.e_recent, ");

    await rewriteContent(server, archive, () => ({ materializedViews: undefined }));
    await rehearse(server, archive);
    expect((await server.record(archive)).untried).toEqual([
      expect.objectContaining({ what: "the content of materialized views" }),
    ]);
  });
});

describe("a materialized view that caches another server's rows", () => {
  const cached = `
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER archive FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/var/run/postgresql', dbname 'remote');
    SELECT format('CREATE USER MAPPING FOR CURRENT_USER SERVER archive OPTIONS (user %L)', current_user) \\gexec
    CREATE FOREIGN TABLE readings_2019 (at date, value integer) SERVER archive;
    CREATE VIEW between AS SELECT * FROM readings_2019;
    CREATE MATERIALIZED VIEW readings_cache AS SELECT * FROM between;
    CREATE UNIQUE INDEX readings_cache_at ON readings_cache (at);
    CREATE MATERIALIZED VIEW "Of the cache" AS SELECT count(*) FROM readings_cache;
    CREATE TABLE own (id bigserial PRIMARY KEY, value text);
    INSERT INTO own (value) SELECT 'v' || n FROM generate_series(1, 100) AS n;
    CREATE MATERIALIZED VIEW own_count AS SELECT count(*) FROM own;
    CREATE TABLE readings (at date NOT NULL, value integer) PARTITION BY RANGE (at);
    CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO readings VALUES ('2026-03-03', 1);`;
  const why =
    "it reads the foreign table public.readings_2019, and could not be tried without the other server";
  const untried = ["readings_cache", "Of the cache"].map((name) => ({
    what: `materialized view public.${name}`,
    why,
  }));
  let ask: (sql: string) => Promise<string>;
  let archive: string;
  const filled = () =>
    ask(
      'SELECT (SELECT count(*) FROM readings_cache), (SELECT count FROM "Of the cache"), (SELECT count FROM own_count)',
    );

  beforeAll(async () => {
    const { sandbox } = server;
    await sandbox.psql("CREATE DATABASE remote", "template1");
    await sandbox.psql(
      "CREATE TABLE readings_2019 (at date NOT NULL, value integer); INSERT INTO readings_2019 SELECT date '2019-01-01' + n, n FROM generate_series(0, 300) AS n",
      "remote",
    );
    ask = await containing(server, "caching", cached);
    archive = await server.backUp();
  });

  test("a rehearsal, which reaches no other server, names the views that it could not try", async () => {
    await rehearse(server, archive);
    expect((await server.record(archive)).untried).toEqual(untried);
    expect(await server.log()).toContain(
      "; not compared: materialized view public.readings_cache, materialized view public.Of the cache;",
    );
  });

  test("a restore fills it where the other server answers, and warns where not", async () => {
    await restore(server, archive);
    expect(await filled()).toBe("301|301|100");
    const { sandbox } = server;
    await sandbox.psql("ALTER DATABASE remote RENAME TO away", "template1");
    const restored = await sandbox.run(
      `${commandOf(sandbox, "restore_database")} --yes ${archive} </dev/null`,
    );
    expect(restored).toMatchObject({ code: 0 });
    expect(`${restored.stdout}${restored.stderr}`).toContain(
      "materialized view public.readings_cache is empty: it reads the foreign table public.readings_2019",
    );
    expect(await ask("SELECT count(*) FROM own")).toBe("100");
    expect(
      await ask("SELECT relname FROM pg_class WHERE relkind = 'm' AND NOT relispopulated ORDER BY 1"),
    ).toBe("Of the cache\nreadings_cache");
    await sandbox.psql("ALTER DATABASE away RENAME TO remote", "template1");
    await ask('REFRESH MATERIALIZED VIEW readings_cache; REFRESH MATERIALIZED VIEW "Of the cache"');
  });

  test("the same with a manifest without materialized views", async () => {
    const older = await server.backUp();
    await rewriteContent(server, older, () => ({ materializedViews: undefined }));
    await rehearse(server, older);
    expect((await server.record(older)).untried).toEqual([
      expect.objectContaining({ what: "the content of materialized views" }),
      ...untried,
    ]);
  });

  test("a view that cannot be filled for another reason ends a restore as before", async () => {
    await ask(
      "CREATE MATERIALIZED VIEW parts AS SELECT 1 / (id - 101) AS part FROM own; INSERT INTO own (id) VALUES (101)",
    );
    const broken = await server.backUp();
    const rehearsed = await server.rehearse(broken);
    expect(rehearsed.code).toBe(1);
    expect(await server.record(broken)).toMatchObject({
      result: "failed",
      error: expect.stringContaining("division by zero"),
    });
  });
});
