import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dumpHoldsLocks } from "../../scripts/lib/backup/dump-locks.ts";
import { contentDifferences } from "../../scripts/lib/content/differences.ts";
import { readContent } from "../../scripts/lib/content/read-content.ts";
import { SnapshotSession } from "../../scripts/lib/content/snapshot.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { PsqlSession } from "../../scripts/lib/postgres/session.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

beforeAll(async () => {
  server = await startBackupServer();
  // Clients that write without pause may cause more than one retry, above all on a busy machine.
  await server.configure({ ...server.settings, timeouts: { ...server.settings.timeouts, lockWait: 200 } });
  await server.sandbox.psql(writersSql);
});
afterAll(() => server?.remove());

/** Inserts, updates and deletes rows in every table without pause, in atomic transactions. */
const writersSql = `
CREATE TABLE stop ();
CREATE TABLE ledger (id bigserial PRIMARY KEY, writer integer, amount integer);
CREATE TABLE filled_anew (id serial, value text);
INSERT INTO filled_anew (value) SELECT 'v' || n FROM generate_series(1, 500) AS n;

CREATE PROCEDURE write_without_end(writer integer) LANGUAGE plpgsql AS $$
DECLARE
  n integer := 0;
  mine text;
  past text;
  key_of_mine integer;
  course bigint;
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    n := n + 1;
    -- What a writer adds, it takes away twenty rounds later.
    mine := format('w%s-%s', writer, n);
    past := format('w%s-%s', writer, n - 20);
    key_of_mine := writer * 100000 + n;

    INSERT INTO ledger (writer, amount) VALUES (writer, n), (writer, -n);
    UPDATE ledger l SET amount = -amount WHERE l.writer = write_without_end.writer AND abs(amount) = n - 10;
    DELETE FROM ledger l WHERE l.writer = write_without_end.writer AND abs(amount) < n - 100;

    INSERT INTO users (email, name, created_at, updated_at) VALUES (writer || '@' || n, 'n', now(), now());
    UPDATE users SET name = name || n WHERE id % 97 = n % 97 AND length(name) < 100;
    DELETE FROM users WHERE email LIKE writer || '@%' AND id % 3 = 0;

    INSERT INTO courses (title, author_id, created_at, updated_at) VALUES (mine, 1, now(), now()) RETURNING id INTO course;
    INSERT INTO lessons (course_id, position, title, created_at, updated_at) VALUES (course, 1, mine, now(), now());
    INSERT INTO course_files (course_id, content) VALUES (course, lo_from_bytea(0, 'x'));
    UPDATE courses SET title = title || n WHERE id = n % 60 AND length(title) < 200;
    UPDATE lessons SET body = md5(n::text) WHERE id <= 1200 AND id % 101 = n % 101;
    UPDATE course_files SET course_id = 1 + n % 60 WHERE id = 1 + n % 3;
    course := (SELECT id FROM courses WHERE title = past);
    PERFORM lo_unlink(content) FROM course_files WHERE course_id = course;
    DELETE FROM course_files WHERE course_id = course;
    DELETE FROM lessons WHERE course_id = course;
    DELETE FROM courses WHERE id = course;

    INSERT INTO "Reporting".daily VALUES (date '3000-01-01' + key_of_mine, n);
    UPDATE "Reporting".daily SET visits = visits + 1 WHERE day = (SELECT min(day) + n % 300 FROM "Reporting".daily);
    DELETE FROM "Reporting".daily WHERE day = date '3000-01-01' + key_of_mine - 20;

    INSERT INTO awkward_texts VALUES (key_of_mine, mine, mine);
    UPDATE awkward_texts SET content = content || n WHERE id = n % 18 AND length(content) < 1000;
    DELETE FROM awkward_texts WHERE what = past;

    INSERT INTO schema_migrations VALUES (mine);
    UPDATE schema_migrations SET version = reverse(version) WHERE version IN (SELECT version FROM schema_migrations WHERE version !~ 'w' LIMIT 1);
    DELETE FROM schema_migrations WHERE version = past;

    INSERT INTO ar_internal_metadata VALUES (mine, n, now(), now());
    UPDATE ar_internal_metadata SET updated_at = clock_timestamp() WHERE key !~ '^w';
    DELETE FROM ar_internal_metadata WHERE key = past;

    INSERT INTO "Ämter & ""Würden""" VALUES (key_of_mine, mine);
    UPDATE "Ämter & ""Würden""" SET "日本語" = n::text WHERE "Größe (m²)" < 100;
    DELETE FROM "Ämter & ""Würden""" WHERE "select" = past;

    PERFORM lo_put(content, n % 1000, 'x') FROM course_files WHERE id = 1;
    PERFORM nextval('invoice_numbers');
    COMMIT;
  END LOOP;
END
$$;

-- Never empty, for anybody who looks at it: TRUNCATE alone does not respect a snapshot.
CREATE PROCEDURE truncate_without_end() LANGUAGE plpgsql AS $$
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    TRUNCATE filled_anew RESTART IDENTITY;
    INSERT INTO filled_anew (value) SELECT 'v' || n FROM generate_series(1, 500) AS n;
    COMMIT;
    UPDATE filled_anew SET value = value || 'a' WHERE id % 2 = 0;
    WITH gone AS (DELETE FROM filled_anew WHERE id <= 50 RETURNING value)
    INSERT INTO filled_anew (value) SELECT value FROM gone;
    COMMIT;
    PERFORM pg_sleep(3);
  END LOOP;
END
$$;`;

test("during writes to all tables every backup equals its manifest", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const { psql } = server.sandbox;
  const calls = [
    "write_without_end(1)",
    "write_without_end(2)",
    "write_without_end(3)",
    "truncate_without_end()",
  ];
  const writers = calls.map((call) => psql(`SET lock_timeout = 0; CALL ${call}`));
  try {
    for (let round = 0; round < 3; round += 1) {
      const before = await psql("SELECT last_value FROM invoice_numbers");
      const result = await server.backUp("--quiet");
      expect(result).toMatchObject({ code: 0, stderr: "" });
      expect(await psql("SELECT last_value FROM invoice_numbers")).not.toBe(before);
      const archive = (await server.files()).findLast((file) => file.endsWith(".sql.gz")) ?? "";
      const { content } = await server.manifest(archive);
      const restored = await server.restoreByStockTools(archive);
      const found = await readContent(
        new Server(database, { applicationName: "manifest-test", dbname: restored }),
        "full",
      );
      expect(content === null ? ["nothing is said"] : contentDifferences(content, found)).toEqual([]);
      expect(found).toEqual(content);
      expect(content?.tables).toContainEqual(expect.objectContaining({ name: "filled_anew", rows: 500 }));
      expect(await psql("SELECT sum(amount) FROM ledger", restored)).toBe("0");
    }
  } finally {
    await psql("INSERT INTO stop DEFAULT VALUES");
    await Promise.allSettled(writers);
  }
  await Promise.all(writers);
  const notWritten = `SELECT string_agg(s.relname, ', ') FROM pg_stat_user_tables s JOIN pg_class ON oid = relid
    WHERE relkind = 'r' AND s.relname <> 'stop' AND 0 IN (n_tup_ins, n_tup_upd, n_tup_del)`;
  await expect.poll(() => psql(notWritten), { timeout: 60_000 }).toBe("");
  // Three backups. Each may wait for locks for the time set above.
}, 600_000);

test("a dump that waits behind a client waiting for the snapshot's lock is noticed, and may pass if its reads are done", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const { psql } = server.sandbox;
  const asking = new Server(database, { applicationName: "database-backups/manifest-test" });
  await psql("CREATE TABLE migrated (id integer)");
  const snapshot = await new SnapshotSession(asking).take();
  const dump = new PsqlSession(asking);
  try {
    const migration = psql("ALTER TABLE migrated ADD COLUMN more integer");
    const waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'migrated'::regclass";
    while ((await psql(waiting)) !== "1") await sleep(20);
    const locked = dump.query("BEGIN; LOCK TABLE public.migrated IN ACCESS SHARE MODE");
    expect(await dumpHoldsLocks(snapshot.session, snapshot.dumpedTables, locked)).toHaveLength(1);
    await snapshot.close();
    await Promise.all([migration, locked]);
    await dump.query("ROLLBACK");

    const next = await new SnapshotSession(asking).take();
    const again = psql("ALTER TABLE migrated DROP COLUMN more");
    while ((await psql(waiting)) !== "1") await sleep(20);
    const tables = "SELECT string_agg(format('ONLY %I.%I', schemaname, tablename), ', ') FROM pg_tables";
    const names = await psql(`${tables} WHERE schemaname IN ('public', 'Reporting')`);
    // Like pg_dump, which then comes before the migration.
    await dump.query("BEGIN; SELECT FROM pg_extension WHERE false");
    const passing = dump.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
    expect(await dumpHoldsLocks(next.session, next.dumpedTables, new Promise(() => {}))).toEqual([]);
    await passing;
    expect(await psql(waiting)).toBe("1");
    await next.close();
    await dump.query("ROLLBACK");
    await again;
  } finally {
    await snapshot.close();
    await dump.close();
  }
});
