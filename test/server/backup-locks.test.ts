import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Content } from "../../scripts/contract/content.ts";
import { type Snapshot, SnapshotSession } from "../../scripts/lib/content/snapshot.ts";
import { Overtaken } from "../../scripts/lib/content/table-groups.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { PsqlSession } from "../../scripts/lib/postgres/session.ts";
import { commandOf, putPrograms, settingsFile } from "./programs.ts";
import { backups, type RestoreServer, startRestoreServer } from "./restore-server.ts";

/** The most locks of a run beyond a dump's, for any number of tables: those of one statement and of catalogues. */
const fewMore = 250;
/** The slots of the server's lock table: 16 for each of 74 clients and 22 other processes. */
const slots = 1536;
/** With so many tables one dump still gets its locks, but two sessions that lock all tables do not. */
const nearlyTooMany = 2300;
const plain = "plain";

/**
 * A wrapper of docker, first on PATH. Before pg_dump gets its snapshot, a client of the database AMONG executes WRITE.
 */
const watching = `#!/bin/sh
client() {
  try=0
  until /usr/bin/docker exec --env PGAPPNAME= "$CONTAINER" psql -X -U curriculum_library_api -d "$AMONG" -c "$WRITE" \\
    >/tmp/client 2>&1 || [ $((try += 1)) -ge 99 ]; do :; done
}
case "$*" in *" pg_dump "*) { read -r order; client; echo "$order"; } | /usr/bin/docker "$@"; exit ;; esac
exec /usr/bin/docker "$@"
`;

let server: RestoreServer;

beforeAll(async () => {
  server = await startRestoreServer({ database: "empty" });
  const { sandbox } = server;
  await putPrograms(sandbox, ["rehearse_restore"]);
  await sandbox.psql(
    `CREATE TABLE stop (); CREATE TABLE most (locks integer);
CREATE PROCEDURE watch_locks() LANGUAGE plpgsql AS $$
DECLARE
  now_held integer;
  most_held integer := 0;
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    COMMIT;
    SELECT count(*) INTO now_held FROM pg_locks WHERE pid <> pg_backend_pid();
    most_held := greatest(most_held, now_held);
    PERFORM pg_sleep(0.005);
  END LOOP;
  DELETE FROM stop;
  INSERT INTO most VALUES (most_held);
END $$;`,
    "postgres",
  );
}, 300_000);
afterAll(() => server?.remove());

/** The most concurrent locks of all sessions during `work`. Each needs space in the server's memory. */
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

const dump = (database: string) => async () => {
  const { sandbox } = server;
  const command = `docker exec ${sandbox.container} pg_dump -U ${sandbox.databaseUser} -f /dev/null ${database}`;
  expect(await sandbox.run(command)).toMatchObject({ code: 0 });
};

test("with PostgreSQL's defaults and 3,000 tables of five indexes and a sequence, a backup has no more locks than a dump", async () => {
  const { sandbox } = server;
  expect(await sandbox.psql("SHOW max_locks_per_transaction")).toBe("64");
  await sandbox.psql(`DO $$
BEGIN
  FOR t IN 1..60 LOOP
    EXECUTE format('CREATE SCHEMA tenant_%s', t);
    FOR n IN 1..50 LOOP
      EXECUTE format('CREATE TABLE tenant_%1$s.things_%2$s (id bigserial PRIMARY KEY, a integer, b integer, c text, d date);
        CREATE INDEX ON tenant_%1$s.things_%2$s (a); CREATE INDEX ON tenant_%1$s.things_%2$s (b);
        CREATE INDEX ON tenant_%1$s.things_%2$s (c); CREATE INDEX ON tenant_%1$s.things_%2$s (d);
        INSERT INTO tenant_%1$s.things_%2$s (a) VALUES (1)', t, n);
    END LOOP;
    COMMIT;
  END LOOP;
END $$;`);
  const ofDump = await mostLocks(dump(sandbox.database));
  const ofBackup = await mostLocks(() => server.backUp());
  expect(ofBackup).toBeLessThan(ofDump + fewMore);
}, 600_000);

describe("where a dump alone nearly fills the server's table of locks", () => {
  beforeAll(async () => {
    const { sandbox } = server;
    await sandbox.psql("CREATE DATABASE plain", "postgres");
    await sandbox.psql("ALTER SYSTEM SET max_connections = 74", "postgres");
    await sandbox.psql("ALTER SYSTEM SET max_locks_per_transaction = 16", "postgres");
    await sandbox.stopDatabase();
    await sandbox.startDatabase();
    const perProcess = `SELECT 16 * (1 + sum(setting::integer)) FROM pg_settings
      WHERE name IN ('max_connections', 'autovacuum_max_workers', 'max_worker_processes', 'max_wal_senders')`;
    expect(await sandbox.psql(perProcess)).toBe(String(slots));
    await sandbox.psql(
      `DO $$
BEGIN
  FOR n IN 1..${nearlyTooMany} LOOP
    EXECUTE format('CREATE TABLE part_%1$s (id integer, day date); INSERT INTO part_%1$s VALUES (%1$s)', n);
    IF n % 100 = 0 THEN COMMIT; END IF;
  END LOOP;
END $$;`,
      plain,
    );
    const [database] = server.settings.databases;
    if (database === undefined) throw new Error("there is no database");
    const databases = [{ ...database, database: plain }];
    await sandbox.writeFile(settingsFile, JSON.stringify({ ...server.settings, databases }), "0600");
  }, 300_000);

  test("backup, rehearsal, restore and restore in place have no more locks than it", async () => {
    const { sandbox } = server;
    const ofDump = await mostLocks(dump(plain));
    expect(ofDump).toBeGreaterThan(nearlyTooMany);
    let archive = "";
    const most = {
      backup: await mostLocks(async () => {
        archive = await server.backUp();
      }),
      rehearsal: await mostLocks(async () =>
        expect(await sandbox.run(`${commandOf(sandbox, "rehearse_restore")} --quiet`)).toMatchObject({
          code: 0,
          stderr: "",
        }),
      ),
      restore: await mostLocks(async () =>
        expect(await server.restore(`${archive} --yes`)).toMatchObject({ code: 0, stderr: "" }),
      ),
      inPlace: await mostLocks(async () =>
        expect(await server.restore(`${archive} --yes --in-place`)).toMatchObject({ code: 0, stderr: "" }),
      ),
    };
    expect(Object.entries(most).filter(([, locks]) => locks >= ofDump + fewMore)).toEqual([]);
  }, 900_000);

  test("a table that only the dump locks is seen to be changed, or waited for, and locked from then on", async () => {
    const { psql } = server.sandbox;
    const options = { applicationName: "database-backups/locks-test" };
    const [database] = server.settings.databases;
    if (database === undefined) throw new Error("there is no database");
    const oid = Number(await psql("SELECT 'part_700'::regclass::oid", plain));
    const overtaken = expect.objectContaining({ constructor: Overtaken, oids: [oid] });
    const parts = await psql(
      "SELECT string_agg('public.' || tablename, ', ') FROM pg_tables WHERE tablename ~ '^part_'",
      plain,
    );
    const emptyAndFill = "TRUNCATE part_700; INSERT INTO part_700 VALUES (700)";
    const waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    const attempt = async (
      first: number[],
      work: (snapshot: Snapshot) => Promise<void>,
      { before = "", dumps = true } = {},
    ) => {
      const asking = new Server({ ...database, database: plain }, options);
      const snapshot = await new SnapshotSession(asking, new Set(first)).take();
      const dumping = new PsqlSession(asking);
      try {
        if (before !== "") await psql(before, plain);
        if (dumps) await dumping.query(`BEGIN; LOCK TABLE ${parts} IN ACCESS SHARE MODE`);
        await work(snapshot);
      } finally {
        await snapshot.close();
        await dumping.close();
      }
    };
    const read = (snapshot: Snapshot) => snapshot.readContent("full").catch((error: unknown) => error);
    await attempt([], async (snapshot) => expect(await read(snapshot)).toEqual(overtaken), {
      before: emptyAndFill,
    });
    // The dump has ended, so nothing holds the columns at the snapshot's state any more.
    await attempt([], async (snapshot) => expect(await read(snapshot)).toBeInstanceOf(Overtaken), {
      before: "ALTER TABLE part_700 RENAME COLUMN day TO date",
      dumps: false,
    });
    await psql("ALTER TABLE part_700 RENAME COLUMN date TO day", plain);
    for (const first of [[], [oid]]) {
      let emptied: Promise<unknown> = Promise.resolve();
      await attempt(first, async (snapshot) => {
        emptied = psql(emptyAndFill, plain);
        await expect.poll(() => psql(waits, plain), { timeout: 30_000 }).toBe("1");
        const found = await read(snapshot);
        if (first.length === 0) expect(found).toEqual(overtaken);
        else expect((found as Content).tables.filter(({ rows }) => rows !== 1)).toEqual([]);
      });
      await emptied;
    }
  }, 120_000);

  test("while a client empties and fills such a table without pause, a backup has its content of one moment", async () => {
    const { psql, readFile } = server.sandbox;
    const emptying = psql(
      `SET lock_timeout = 0; CREATE TABLE stop ();
DO $$
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    TRUNCATE part_700;
    INSERT INTO part_700 VALUES (700);
    COMMIT;
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;`,
      plain,
    );
    let archive = "";
    try {
      archive = await server.backUp();
    } finally {
      await psql("INSERT INTO stop DEFAULT VALUES", plain);
      await emptying;
      await psql("DROP TABLE stop", plain);
    }
    const { content } = JSON.parse(await readFile(archive.replace(/sql\.gz$/, "json")));
    expect(content.tables).toContainEqual(expect.objectContaining({ name: "part_700", rows: 1 }));
    const rehearsed = await server.sandbox.run(`${commandOf(server.sandbox, "rehearse_restore")} ${archive}`);
    expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
  }, 300_000);

  test("in place: a client's write to a table during its backup is noticed; a write in another database is not", async () => {
    const { sandbox } = server;
    const archive = (await sandbox.run(`ls -t ${backups}/*.sql.gz | head -n 1`)).stdout.trim();
    await sandbox.writeFile("/opt/test/bin/docker", watching, "0755");
    const restored = (database: string, write: string) =>
      server.restore(
        `--yes --in-place ${archive}`,
        `PATH="/opt/test/bin:$PATH" CONTAINER=${sandbox.container} AMONG=${database} WRITE="${write}"`,
      );
    const refused = await restored(plain, "insert into part_700 values (700)");
    expect(refused.stderr).toMatch(
      /a client wrote to tables of plain while it was backed up; nothing has changed/,
    );
    expect(refused.code).toBe(1);
    expect(await sandbox.psql("SELECT count(*) FROM part_700", plain)).toBe("2");
    // Transaction ids are those of the whole server.
    expect(await restored("postgres", "create table made_meanwhile ()")).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(await sandbox.psql("SELECT count(*) FROM part_700", plain)).toBe("1");
    expect(await sandbox.psql("SELECT count(*) FROM made_meanwhile", "postgres")).toBe("0");
  }, 600_000);
});

test("a table that a client waits to empty is read at the snapshot, before and after the end of the dump", async () => {
  const { psql } = server.sandbox;
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  await psql("CREATE DATABASE fewer", "postgres");
  await psql("CREATE TABLE parts (id integer) PARTITION BY LIST (id); SELECT 1", "fewer");
  await psql(
    `SELECT format('CREATE TABLE part_%1$s PARTITION OF parts FOR VALUES IN (%1$s)', n) FROM generate_series(1, 120) AS n \\gexec
SELECT format('INSERT INTO parts VALUES (%1$s)', n) FROM generate_series(1, 120) AS n \\gexec`,
    "fewer",
  );
  const snapshot = await new SnapshotSession(
    new Server({ ...database, database: "fewer" }, { applicationName: "locks-test" }),
  ).take();
  const emptied = psql("TRUNCATE part_70; SELECT 1", "fewer");
  try {
    const waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    await expect.poll(() => psql(waits, "fewer"), { timeout: 30_000 }).toBe("1");
    const { tables } = await snapshot.readContent("full");
    expect(tables.filter(({ rows }) => rows !== 1)).toEqual([]);
    // The locks of read tables are released before the snapshot ends.
    await emptied;
  } finally {
    await snapshot.close();
  }
}, 120_000);
