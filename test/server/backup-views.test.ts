import { afterAll, beforeAll, expect, test } from "vitest";
import { SnapshotSession } from "../../scripts/lib/content/snapshot.ts";
import { SnapshotReader } from "../../scripts/lib/content/snapshot-reader.ts";
import { readMaterializedViews } from "../../scripts/lib/content/views.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer({ database: "empty" });
  // The locks of so many tables are released once they are read.
  await server.sandbox.psql(`
SELECT format('CREATE TABLE thing_%s (id integer)', n) FROM generate_series(1, 70) AS n \\gexec
CREATE TABLE taken (id integer);
INSERT INTO taken SELECT generate_series(1, 10);
CREATE MATERIALIZED VIEW of_nothing AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW of_taken AS SELECT id FROM taken;
CREATE MATERIALIZED VIEW past_taken AS SELECT 2 AS two;`);
}, 120_000);
afterAll(() => server?.remove());

test("a table that is locked or changed after a dump, or a lack of time: its views are not compared, without a long wait", async () => {
  const { psql } = server.sandbox;
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const asking = new Server(database, { applicationName: "views-test", lockTimeoutSeconds: 300 });
  const snapshot = await new SnapshotSession(asking).take();
  const reader = new SnapshotReader(asking, snapshot.facts.snapshot);
  const outcomes = async (seconds: number) => {
    const until = performance.now() + seconds * 1000;
    const views = await readMaterializedViews({ reader, timeoutSeconds: 60, until, proof: "full" });
    return views.map(({ rows, uncompared }) => uncompared?.why ?? rows);
  };
  try {
    await snapshot.readContent("rows");
    expect(await outcomes(120)).toEqual([1, 10, 1]);
    expect(await outcomes(0)).toEqual(Array.from({ length: 3 }, () => "no time was left"));

    const held =
      "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'taken'::regclass";
    const ended = expect(psql("BEGIN; LOCK TABLE taken; SELECT pg_sleep(120)")).rejects.toThrow();
    await expect.poll(() => psql(held), { timeout: 30_000 }).toBe("1");
    expect(await outcomes(120)).toEqual([1, "a table stayed locked", "a table stayed locked"]);
    expect(await psql(held)).toBe("1");
    await psql(held.replace("count(*)", "pg_terminate_backend(pid)"));
    await ended;

    await psql("TRUNCATE taken");
    expect(await outcomes(120)).toEqual([1, "a table that it reads was changed during the backup", 1]);
  } finally {
    await reader.close();
    await snapshot.close();
  }
}, 300_000);
