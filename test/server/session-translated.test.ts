import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseSettings } from "../../scripts/contract/settings.ts";
import { type SessionServer, startSessionServer } from "./session-server.ts";

/** A server with Russian messages. Its error codes and our programs' messages are the same. */
let server: SessionServer;

beforeAll(async () => {
  server = await startSessionServer({
    initdbArguments: "--locale=ru_RU.utf8 --auth-host=scram-sha-256 --auth-local=trust",
  });
  await server.sandbox.psql("CREATE TABLE things AS SELECT generate_series(1, 100) AS n");
  await server.sandbox.psql("CREATE DATABASE closed");
  expect(await server.sandbox.psql("SHOW lc_messages")).toBe("ru_RU.utf8");
});

afterAll(() => server?.sandbox.remove());

/** Runs SQL in a session that stays open until it is ended. */
async function hold(database: string, sql: string): Promise<() => Promise<unknown>> {
  const { sandbox } = server;
  const psql = `docker exec -i -e PGAPPNAME=holder ${sandbox.container} psql -X -q -U ${sandbox.databaseUser} -d ${database}`;
  await sandbox.run(`(printf '%s' "${sql}; SELECT pg_sleep(120)" | ${psql} >/dev/null 2>&1 &)`);
  const sleeping =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND query ~ 'pg_sleep'";
  await expect.poll(() => sandbox.psql(sleeping, "template1"), { timeout: 30_000 }).toBe("1");
  return () =>
    sandbox.psql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'",
      "template1",
    );
}

test.each<[string, string, Partial<DatabaseSettings>, string, string]>([
  [
    "a database that does not exist",
    "",
    { database: "nowhere" },
    'database "nowhere" does not exist',
    "set its name in the configuration, or restore it from a backup",
  ],
  [
    "one that is closed",
    "ALTER DATABASE closed ALLOW_CONNECTIONS false",
    { database: "closed" },
    'database "closed" is not currently accepting connections',
    "ALTER DATABASE … ALLOW_CONNECTIONS true, from another database",
  ],
  [
    "a role that does not exist",
    "",
    { user: "nobody" },
    'role "nobody" does not exist',
    "set its user in the configuration, then pulumi up",
  ],
  [
    "one that may not log in",
    "CREATE ROLE group_of_ours",
    { user: "group_of_ours" },
    'role "group_of_ours" is not permitted to log in',
    'ALTER ROLE "group_of_ours" LOGIN, or set another user in the configuration',
  ],
  [
    "one that has its sessions already",
    "CREATE ROLE busy LOGIN CONNECTION LIMIT 0",
    { user: "busy" },
    "too many connections",
    "end sessions that are not needed, or raise the role's CONNECTION LIMIT",
  ],
])("%s is reported in our words, with what helps", async (_, sql, change, text, advice) => {
  if (sql !== "") await server.sandbox.psql(sql, "template1");
  await server.configure(change);
  const [failed, status] = [await server.backUp(), await server.check()];
  await server.configure({});
  expect(failed).toMatchObject({ code: 69, stderr: expect.stringContaining(`${text}; ${advice}`) });
  expect(status.code).toBe(2);
  expect(status.stdout).toContain(text);
  expect(status.stdout).toContain(`→ ${advice}`);
});

test("a locked table, a restore while others look at the databases: as on an English server", async () => {
  const { sandbox } = server;
  expect(await server.backUp()).toMatchObject({ code: 0 });
  const release = await hold("postgres", "BEGIN; LOCK TABLE pg_catalog.pg_database IN ACCESS SHARE MODE");
  expect(await server.restore(`--yes --quiet ${await server.newest()}`)).toMatchObject({
    code: 0,
    stderr: "",
  });
  await release();
  // Only a superuser can change the language of messages.
  await sandbox.psql(`CREATE ROLE plain LOGIN; GRANT pg_read_all_data TO plain`);
  await server.configure({ user: "plain" });
  const unlock = await hold(sandbox.database, "BEGIN; LOCK TABLE things IN ACCESS EXCLUSIVE MODE");
  const locked = await server.backUp();
  await unlock();
  expect(locked).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("a table stayed locked for 30 s"),
  });
  await server.configure({});
});

test("a server without a free connection, even for superusers, is reported with advice", async () => {
  const { sandbox } = server;
  await sandbox.psql("ALTER SYSTEM SET max_connections = 6");
  await sandbox.stopDatabase();
  await sandbox.startDatabase();
  const taken = Array.from({ length: 8 }, () =>
    sandbox.run(
      `docker exec ${sandbox.container} psql -X -q -U ${sandbox.databaseUser} -d ${sandbox.database} -c "SELECT pg_sleep(600)"`,
    ),
  );
  const full = () => sandbox.run(`docker exec ${sandbox.container} psql -X -U ${sandbox.databaseUser} -l`);
  await expect.poll(async () => (await full()).code, { timeout: 30_000 }).not.toBe(0);
  const [failed, status] = [await server.backUp(), await server.check()];
  await sandbox.stopDatabase();
  await Promise.all(taken);
  await sandbox.startDatabase();
  await sandbox.psql("ALTER SYSTEM RESET max_connections");
  expect(failed).toMatchObject({
    code: 69,
    stderr: expect.stringContaining("PostgreSQL refuses every session; end sessions"),
  });
  expect(status.code).toBe(2);
  expect(status.stdout).toContain("→ end sessions that are not needed, or raise max_connections");
});
