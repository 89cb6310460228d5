import { afterAll, beforeAll, expect, test } from "vitest";
import { commandOf } from "./programs.ts";
import { allWell, type SessionServer, startSessionServer } from "./session-server.ts";

/**
 * A role's settings in all databases affect checks, views and defaults, like the database's own settings. A restore does
 * not change existing roles, so the role of a new server may lack them.
 */
let server: SessionServer;
let archive: string;

beforeAll(async () => {
  server = await startSessionServer();
  const { sandbox } = server;
  await alter("SET timezone TO 'Europe/Berlin'", "SET app.tenant TO 'Söhne'", "SET datestyle TO 'German'");
  await sandbox.psql(`ALTER DATABASE ${sandbox.database} SET timezone TO 'America/Lima'`);
  await sandbox.psql(`
    CREATE TABLE stays (id bigserial PRIMARY KEY, arrives_on date NOT NULL, arrives_at timestamptz NOT NULL,
      CONSTRAINT arrival_is_that_day CHECK (arrives_on = arrives_at::date),
      CONSTRAINT of_the_tenant CHECK (current_setting('app.tenant') = 'Söhne'));
    INSERT INTO stays (arrives_on, arrives_at) SELECT day, day + interval '30 minutes'
      FROM generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') AS day;
    CREATE MATERIALIZED VIEW days AS SELECT arrives_at::date::text AS day FROM stays`);
  expect(await server.backUp()).toMatchObject({ code: 0, stderr: "" });
  archive = await server.newest();
});

afterAll(() => server?.sandbox.remove());

const role = () => server.sandbox.databaseUser;

async function alter(...changes: string[]): Promise<void> {
  await server.sandbox.psql(
    changes.map((change) => `ALTER ROLE ${role()} ${change};`).join("\n"),
    "postgres",
  );
}

const right = "SELECT (SELECT count(*) FROM stays), (SELECT count(*) FROM days WHERE day = '01.01.2026')";

test("with the role's settings the result is unchanged", async () => {
  expect(await server.roundTrip()).toEqual(allWell);
  expect(await server.sandbox.psql(right)).toBe("90|1");
});

test("if the role lacks them, or has others, a dump is loaded with the former ones, and that is reported before", async () => {
  const { sandbox } = server;
  const { database, psql } = sandbox;
  await alter(
    "RESET timezone",
    "SET app.tenant TO 'hunter2'",
    "RESET datestyle",
    "SET lc_monetary TO 'de_DE.utf8'",
  );
  const restored = await server.restore(`--yes --quiet ${archive}`);
  expect(restored.code).toBe(0);
  const warnings = (await sandbox.readFile("/root/backup_database.log"))
    .split("\n")
    .filter((line) =>
      line.includes(`settings of this server differ from those ${archive} was dumped with: `),
    );
  expect(warnings).toHaveLength(4);
  expect(warnings.join("\n")).toMatch(/TimeZone was Europe\/Berlin and is \S+; \S+ is loaded under its own/);
  expect(warnings.join("\n")).toContain(`ALTER ROLE "${role()}" SET "TimeZone" = 'Europe/Berlin'`);
  expect(warnings.join("\n")).toMatch(/lc_monetary was \S+ and is de_DE.utf8/);
  expect(warnings.join("\n")).toContain("app.tenant was set and is something else");
  expect(warnings.join("\n")).not.toMatch(/hunter2|Söhne/);
  expect(await psql(right)).toBe("90|1");
  // The database's settings for all roles are unchanged, and those of the load are gone.
  const own = `SELECT setrole, setconfig FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '${database}')`;
  expect(await psql(own)).toBe("0|{TimeZone=America/Lima}");

  expect(await server.restore(`--quiet --into beside ${archive}`)).toMatchObject({ code: 0 });
  expect(await psql(right, "beside")).toBe("90|1");
  const tables = await server.restore(`--quiet --table stays ${archive}`);
  expect(tables.code).toBe(0);
});

test("a rehearsal too, and without the roles that the backup had", async () => {
  const { sandbox } = server;
  const rehearsed = () =>
    sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet ${archive} </dev/null`);
  expect(await rehearsed()).toMatchObject({ code: 0, stderr: "" });
  await sandbox.run(`rm ${archive.replace(/sql\.gz$/, "roles.sql")}`);
  expect((await rehearsed()).stderr).not.toContain("violates");
});
