import { afterAll, beforeAll, expect, test } from "vitest";
import { SnapshotSession } from "../../scripts/lib/content/snapshot.ts";
import { commandOf, putPrograms, settingsFile } from "./programs.ts";
import { type RestoreServer, startRestoreServer } from "./restore-server.ts";

/** What a backup may lock beyond a dump: the tables and indexes of one statement, and the catalogues. */
const fewMore = 250;

let server: RestoreServer;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  await putPrograms(server.sandbox, ["rehearse_restore"]);
  await server.sandbox.psql(`
CREATE PROCEDURE make_tenants(tenants integer, tables integer) LANGUAGE plpgsql AS $$
BEGIN
  FOR t IN 1..tenants LOOP
    EXECUTE format('CREATE SCHEMA tenant_%s', t);
    FOR n IN 1..tables LOOP
      EXECUTE format('CREATE TABLE tenant_%1$s.things_%2$s (id bigserial PRIMARY KEY, a integer, b integer, c text, d date)', t, n);
      EXECUTE format('CREATE INDEX ON tenant_%1$s.things_%2$s (a)', t, n);
      EXECUTE format('CREATE INDEX ON tenant_%1$s.things_%2$s (b)', t, n);
      EXECUTE format('CREATE INDEX ON tenant_%1$s.things_%2$s (c)', t, n);
      EXECUTE format('CREATE INDEX ON tenant_%1$s.things_%2$s (d)', t, n);
      EXECUTE format('INSERT INTO tenant_%1$s.things_%2$s (a) VALUES (1)', t, n);
    END LOOP;
    COMMIT;
  END LOOP;
END $$;
CALL make_tenants(30, 50);`);
  await server.sandbox.psql(
    `CREATE TABLE stop (); CREATE TABLE most (locks integer);
CREATE PROCEDURE watch_locks() LANGUAGE plpgsql AS $$
DECLARE
  now_held integer;
  most_held integer := 0;
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    COMMIT;
    SELECT count(DISTINCT (locktype, database, relation, virtualxid, transactionid::text, classid, objid)) INTO now_held
      FROM pg_locks WHERE pid <> pg_backend_pid();
    most_held := greatest(most_held, now_held);
    PERFORM pg_sleep(0.01);
  END LOOP;
  DELETE FROM stop;
  INSERT INTO most VALUES (most_held);
END $$;`,
    "postgres",
  );
}, 300_000);
afterAll(() => server?.remove());

/** The most objects that were locked at once, which the server's lock table has to have room for, while `work` was done. */
async function mostLocks(work: () => Promise<unknown>): Promise<number> {
  const { psql } = server.sandbox;
  await psql("DELETE FROM most", "postgres");
  const watching = psql("CALL watch_locks()", "postgres");
  try {
    await work();
  } finally {
    await psql("INSERT INTO stop DEFAULT VALUES", "postgres");
    await watching;
  }
  return Number(await psql("SELECT max(locks) FROM most", "postgres"));
}

test("with PostgreSQL's defaults and 1,500 tables of six indexes and a sequence, backup, restore and rehearsal lock no more than a dump", async () => {
  const { sandbox } = server;
  expect(await sandbox.psql("SHOW max_locks_per_transaction")).toBe("64");
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser} -f /dev/null ${sandbox.database}`;
  const ofDump = await mostLocks(async () => expect(await sandbox.run(dump)).toMatchObject({ code: 0 }));
  let archive = "";
  const ofBackup = await mostLocks(async () => {
    archive = await server.backUp();
  });
  expect(ofBackup).toBeLessThan(ofDump + fewMore);
  const ofRestore = await mostLocks(async () =>
    expect(await server.restore(`${archive} --yes`)).toMatchObject({ code: 0, stderr: "" }),
  );
  expect(ofRestore).toBeLessThan(ofDump + fewMore);
  const rehearsed = await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet`);
  expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
}, 900_000);

test("tables without sequences are locked as by a dump alone", async () => {
  const { sandbox } = server;
  await sandbox.psql("CREATE DATABASE plain", "postgres");
  await sandbox.psql("CREATE TABLE parts (id integer, day date) PARTITION BY LIST (id); SELECT 1", "plain");
  await sandbox.psql(
    `SELECT format('CREATE TABLE part_%1$s PARTITION OF parts FOR VALUES IN (%1$s)', n) FROM generate_series(1, 1200) AS n \\gexec
SELECT format('INSERT INTO parts VALUES (%1$s)', n) FROM generate_series(1, 1200) AS n \\gexec`,
    "plain",
  );
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const databases = [{ ...database, database: "plain" }];
  await sandbox.writeFile(settingsFile, JSON.stringify({ ...server.settings, databases }), "0600");
  const dump = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser} -f /dev/null plain`;
  const ofDump = await mostLocks(async () => expect(await sandbox.run(dump)).toMatchObject({ code: 0 }));
  const ofBackup = await mostLocks(() => server.backUp());
  expect(ofBackup).toBeLessThan(ofDump + fewMore);
}, 300_000);

test("a table that somebody waits to empty is read as the snapshot sees it, whether the dump has ended or not", async () => {
  const { psql } = server.sandbox;
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const snapshot = await new SnapshotSession(
    { ...database, database: "plain" },
    { applicationName: "locks-test" },
  ).take();
  const emptied = psql("TRUNCATE part_700; SELECT 1", "plain");
  try {
    const waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    await expect.poll(() => psql(waits, "plain"), { timeout: 30_000 }).toBe("1");
    const { tables } = await snapshot.readContent("full");
    expect(tables.filter(({ rows }) => rows !== 1)).toEqual([]);
    // What is read is let go of, before the snapshot ends.
    await emptied;
  } finally {
    await snapshot.close();
  }
}, 120_000);
