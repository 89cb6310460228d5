import { afterAll, beforeAll, expect, test } from "vitest";
import { restoringName } from "../../scripts/lib/postgres/database-names.ts";
import { waitForDatabase } from "../sandbox/database.ts";
import { docker } from "../sandbox/docker.ts";
import { allWell, type SessionServer, startSessionServer } from "./session-server.ts";

/**
 * The settings of a server, a database or a role are for the application's sessions. Our sessions must back up and
 * restore in spite of them, and must not change them.
 */
let server: SessionServer;
/** The answer that the application gets. */
let sql: (text: string, database?: string) => Promise<string>;
/** As a person without any of these settings. */
let mend: (text: string) => Promise<void>;

beforeAll(async () => {
  server = await startSessionServer();
  const { sandbox } = server;
  sql = (text, database) => sandbox.psql(text, database);
  const free =
    "-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0 -c exit_on_error=off";
  mend = async (text) => {
    const psql = `psql -X -q -v ON_ERROR_STOP=1 -U ${sandbox.databaseUser} -d template1`;
    const { code, stderr } = await sandbox.run(
      `docker exec -i -e PGOPTIONS='${free}' ${sandbox.container} ${psql}`,
      { input: text },
    );
    if (code !== 0) throw new Error(stderr);
  };
  await sql(`CREATE TABLE things (id bigserial PRIMARY KEY, name text, list integer[]);
    INSERT INTO things (name, list) SELECT 'thing €' || n, ARRAY[n, NULL] FROM generate_series(1, 100) AS n;
    ALTER ROLE CURRENT_USER PASSWORD 'a secret';`);
});

afterAll(() => server?.sandbox.remove());

const things = "SELECT count(*), count(list[1]), count(list[2]), min(name) FROM things";
const unharmed = "100|100|0|thing €1";

test("a role that is set for every session of the database changes nothing", async () => {
  const { sandbox } = server;
  await sql(`CREATE ROLE owners; ALTER SCHEMA public OWNER TO owners; ALTER TABLE things OWNER TO owners;
    ALTER DATABASE ${sandbox.database} SET role TO owners;
    ALTER ROLE ${sandbox.databaseUser} IN DATABASE ${sandbox.database} SET role TO owners;`);
  expect(await sql("SELECT current_user")).toBe("owners");
  expect(await server.roundTrip()).toEqual(allWell);
  const roles = (await server.newest()).replace(/\.sql\.gz$/, ".roles.sql");
  expect(await sandbox.readFile(roles)).toMatch(/PASSWORD 'SCRAM-SHA-256\$/);
  const owners = `SELECT current_user, tableowner, pg_get_userbyid(datdba) FROM pg_tables, pg_database
    WHERE tablename = 'things' AND datname = current_database()`;
  expect(await sql(owners)).toBe(`owners|owners|${sandbox.databaseUser}`);
  expect(await server.restore("--yes --quiet --rollback")).toMatchObject({ code: 0 });
  expect(await sql(owners)).toBe(`owners|owners|${sandbox.databaseUser}`);
  expect(await sql(things)).toBe(unharmed);
  await mend(`ALTER ROLE ${sandbox.databaseUser} IN DATABASE ${sandbox.database} RESET role;
    ALTER DATABASE ${sandbox.database} RESET role;`);
});

test("a frozen server is backed up, restored and rolled back, and stays frozen", async () => {
  const { sandbox } = server;
  const live = sandbox.database;
  await sql(`CREATE DATABASE "${restoringName(live, "20260101T000000-abcdef")}"`);
  await sql("ALTER SYSTEM SET default_transaction_read_only = on");
  await sql(`ALTER DATABASE ${live} SET default_transaction_read_only = on;
    ALTER ROLE ${sandbox.databaseUser} SET default_transaction_read_only = on;
    SELECT pg_reload_conf();`);
  const frozen = `SELECT setting, source FROM pg_settings WHERE name = 'default_transaction_read_only'`;
  const leftover = "SELECT count(*) FROM pg_database WHERE datname ~ '_restoring_'";
  expect(await sql(frozen)).toBe("on|user");
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await sql(leftover)).toBe("0");
  expect(await server.restore("--yes --quiet --rollback")).toMatchObject({ code: 0 });
  expect(await server.restore(`--yes --quiet --in-place ${await server.newest()}`)).toMatchObject({
    code: 0,
  });
  expect(await server.restore(`--quiet --table things ${await server.newest()}`)).toMatchObject({ code: 0 });
  expect(await sql(frozen)).toBe("on|user");
  expect(await sql(things)).toBe(unharmed);
  await mend(`ALTER ROLE ${sandbox.databaseUser} RESET ALL; ALTER DATABASE ${live} RESET ALL;`);
  await mend("ALTER SYSTEM RESET ALL");
  await mend("SELECT pg_reload_conf()");
});

/** Settings that write statements into the server's log, or keep them. */
const talkative = [
  ["log_statement", "all"],
  ["log_min_error_statement", "debug5"],
  ["log_min_duration_statement", "0"],
  ["log_min_duration_sample", "0"],
  ["log_statement_sample_rate", "1"],
  ["log_transaction_sample_rate", "1"],
  ["log_parameter_max_length", "-1"],
  ["log_duration", "on"],
  ["debug_print_parse", "on"],
  ["debug_print_rewritten", "on"],
  ["debug_print_plan", "on"],
  ["log_parser_stats", "on"],
  ["auto_explain.log_min_duration", "0"],
  ["auto_explain.log_nested_statements", "on"],
  ["pg_stat_statements.track", "all"],
  ["pg_stat_statements.track_utility", "on"],
] as const;

test("a server that logs and keeps all statements never gets to see a password's hash in one", async () => {
  const { sandbox } = server;
  const { container } = sandbox;
  const restart = async () => {
    await docker(["restart", container]);
    await waitForDatabase(container);
  };
  await sql(`CREATE EXTENSION pg_stat_statements; CREATE ROLE keeper PASSWORD 'kept';
    CREATE TABLE kept (); ALTER TABLE kept OWNER TO keeper;`);
  const ofKeeper = "SELECT rolpassword FROM pg_authid WHERE rolname = 'keeper'";
  const hash = await sql(ofKeeper);
  await sql("ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements, auto_explain");
  await restart();
  for (const [name, value] of talkative) await sql(`ALTER SYSTEM SET ${name} = '${value}'`);
  await sql("SELECT pg_reload_conf()");
  const backedUp = [await server.backUp(), await server.rehearse()];
  await sql("DROP TABLE kept; DROP ROLE keeper");
  const restored = await server.restore(`--yes --quiet ${await server.newest()}`);
  const count = (what: string) =>
    sandbox.run(`docker logs ${container} 2>&1 | grep -cF -- '${what}'`).then(({ stdout }) => Number(stdout));
  const logged = [await count("CREATE DATABASE"), await count(hash.slice(-20))];
  const kept = await sql(`SELECT count(*) > 0, count(*) FILTER (WHERE position('SCRAM' in query) > 0)
    FROM pg_stat_statements WHERE query ~ '^(CREATE|ALTER)'`);
  const again = await sql(ofKeeper);
  await sql("ALTER SYSTEM RESET ALL");
  await restart();
  await sql("DROP TABLE kept; DROP ROLE keeper; DROP EXTENSION pg_stat_statements");
  expect([...backedUp, restored].map(({ code, stderr }) => `${code}${stderr}`)).toEqual(["0", "0", "0"]);
  expect(again).toBe(hash);
  expect(logged).toEqual([expect.any(Number), 0]);
  expect(logged[0]).toBeGreaterThan(0);
  expect(kept).toBe("t|0");
});

/** Each of these settings once made a session of ours fail, wait, or write something else. */
const contrary = [
  ["exit_on_error", "on"],
  ["client_min_messages", "debug5"],
  ["client_encoding", "LATIN1"],
  ["statement_timeout", "1ms"],
  ["lock_timeout", "1ms"],
  ["idle_in_transaction_session_timeout", "1ms"],
  ["idle_session_timeout", "1ms"],
  ["default_transaction_isolation", "serializable"],
  ["default_transaction_deferrable", "on"],
  ["session_replication_role", "replica"],
  ["standard_conforming_strings", "off"],
  ["quote_all_identifiers", "on"],
  ["array_nulls", "off"],
  ["DateStyle", "SQL, DMY"],
  ["IntervalStyle", "sql_standard"],
  ["bytea_output", "escape"],
  ["extra_float_digits", "-15"],
  ["zero_damaged_pages", "on"],
  ["search_path", ""],
] as const;

test("settings that suit nobody but the application change nothing", async () => {
  const { sandbox } = server;
  const settings = contrary.map(
    ([name, value]) => `ALTER ROLE ${sandbox.databaseUser} SET ${name} = '${value}';`,
  );
  await mend(settings.join("\n"));
  const outcome = await server.roundTrip();
  await mend(`ALTER ROLE ${sandbox.databaseUser} RESET ALL`);
  expect(outcome).toEqual(allWell);
  expect(await sql(things)).toBe(unharmed);
});

/** The types and operators that our queries compare and join with. */
const operands = [
  ["=", "name", "name"],
  ["=", "name", "text"],
  ["=", "text", "text"],
  ["=", "oid", "oid"],
  ["=", '"char"', '"char"'],
  ["=", "integer", "integer"],
  ["<>", "name", "text"],
  ["<>", '"char"', '"char"'],
  ["<>", "bigint", "integer"],
  [">=", "integer", "integer"],
  ["!~", "name", "text"],
  ["||", "text", "text"],
  ["||", "jsonb", "jsonb"],
];

test("operators that a database's search_path finds before PostgreSQL's own are never run", async () => {
  const { sandbox } = server;
  await sql(`CREATE SCHEMA other;
    ${operands
      .map(
        ([name, left, right], number) => `CREATE FUNCTION other.f${number}(${left}, ${right}) RETURNS boolean
          LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this is not the operator of PostgreSQL'; END $$;
        CREATE OPERATOR other.${name} (LEFTARG = ${left}, RIGHTARG = ${right}, FUNCTION = other.f${number});`,
      )
      .join("\n")}
    ALTER DATABASE ${sandbox.database} SET search_path = other, pg_catalog, public;`);
  const asking = "SELECT count(*) FROM pg_class WHERE relname = 'pg_class'::name";
  await expect(sql(asking)).rejects.toThrow("not the operator of PostgreSQL");
  const outcome = await server.roundTrip();
  const inPlace = await server.restore(`--yes --quiet --in-place ${await server.newest()}`);
  const table = await server.restore(`--quiet --table public.things ${await server.newest()}`);
  const status = await server.check();
  await mend(`ALTER DATABASE ${sandbox.database} RESET search_path`);
  expect(outcome).toEqual(allWell);
  expect(inPlace).toMatchObject({ code: 0, stderr: "" });
  expect(table).toMatchObject({ code: 0, stderr: "" });
  expect(`${status.stdout}${status.stderr}`).not.toContain("not the operator of PostgreSQL");
  expect(await sql(things)).toBe(unharmed);
});

test("a warning at every connection is no error", async () => {
  const { sandbox } = server;
  await sql("UPDATE pg_database SET datcollversion = '2.31' WHERE datname = current_database()");
  const talk = await sandbox.run(
    `docker exec ${sandbox.container} psql -X -U ${sandbox.databaseUser} -d ${sandbox.database} -c 'SELECT 1'`,
  );
  expect(talk.stderr).toContain("collation version mismatch");
  expect(await server.roundTrip()).toEqual(allWell);
  await server.configure({ user: "nobody_there" });
  expect((await server.backUp()).stderr).toContain('role "nobody_there" does not exist');
  await server.configure({});
});
