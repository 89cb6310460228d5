import { afterAll, beforeAll, expect, test } from "vitest";
import { contentDifferences } from "../../scripts/lib/content/differences.ts";
import { readContent } from "../../scripts/lib/content/read-content.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;

const backups = 4;

beforeAll(async () => {
  server = await startBackupServer({ database: "empty" });
  // Functions cannot be locked, so on a busy machine a dump may have to start again several times.
  await server.configure({ ...server.settings, timeouts: { ...server.settings.timeouts, lockWait: 200 } });
  await server.sandbox.psql(moversSql);
});
afterAll(() => server?.remove());

/** Each creates an object of its kind and drops the one of `alive` rounds before. */
const moversSql = `
CREATE TABLE stop ();
CREATE TABLE steady AS SELECT n AS id, md5(n::text) AS text FROM generate_series(1, 20000) AS n;
ALTER TABLE steady ADD PRIMARY KEY (id);
SELECT lo_from_bytea(0, 'stays');

CREATE PROCEDURE move(mover integer, made text, filled text, dropped text, alive integer, pause real) LANGUAGE plpgsql AS $$
DECLARE
  n integer := 0;
BEGIN
  WHILE NOT EXISTS (SELECT FROM stop) LOOP
    n := n + 1;
    EXECUTE format(made, mover, n);
    EXECUTE format(filled, mover, n);
    COMMIT;
    IF n > alive THEN
      EXECUTE format(dropped, mover, n - alive);
      COMMIT;
    END IF;
    PERFORM pg_sleep(pause * (0.5 + random()));
    COMMIT;
  END LOOP;
END $$;`;

interface Mover {
  made: string;
  filled: string;
  dropped: string;
  alive: number;
  /** Seconds. */
  pause: number;
}

const table = {
  made: "CREATE TABLE moving_%s_%s (id serial PRIMARY KEY, text text)",
  filled: "INSERT INTO moving_%s_%s (text) SELECT md5(n::text) FROM generate_series(1, 20) AS n",
  dropped: "DROP TABLE moving_%s_%s",
};
const movers: readonly Mover[] = [
  // Staging tables and short-lived partitions.
  { ...table, alive: 0, pause: 0.05 },
  { ...table, alive: 4, pause: 0.05 },
  {
    made: "CREATE TYPE state_%s_%s AS ENUM ('new', 'old')",
    filled: "CREATE FUNCTION next_%1$s_%2$s(state_%1$s_%2$s) RETURNS text LANGUAGE sql AS 'SELECT $1::text'",
    dropped: "DROP TYPE state_%s_%s CASCADE",
    alive: 2,
    // No lock protects them, so on a busy machine no dump would be fast enough.
    pause: 1,
  },
  {
    made: "SELECT lo_from_bytea(7%s%s, 'moving')",
    filled: "COMMENT ON LARGE OBJECT 7%s%s IS 'moving'",
    dropped: "SELECT lo_unlink(7%s%s)",
    alive: 4,
    pause: 0.05,
  },
];

test("while tables, types, functions and large objects are made and dropped, no backup fails, and each is what its manifest says", async () => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  const { container, databaseUser, database: dbname, psql, run } = server.sandbox;
  const plain = `docker exec ${container} pg_dump -U ${databaseUser} -f /dev/null ${dbname}`;
  const calls = movers.map(({ made, filled, dropped, alive, pause }, mover) => {
    const texts = [made, filled, dropped].map((text) => `$text$${text}$text$`).join(", ");
    return psql(`SET lock_timeout = 0; CALL move(${mover}, ${texts}, ${alive}, ${pause})`);
  });
  const failures: string[] = [];
  const plainFailures: string[] = [];
  try {
    for (let round = 0; round < backups; round += 1) {
      const [ours, theirs] = [await server.backUp("--quiet"), await run(plain)];
      if (ours.code !== 0) failures.push(ours.stderr);
      if (theirs.code !== 0) plainFailures.push(theirs.stderr);
    }
  } finally {
    await psql("INSERT INTO stop DEFAULT VALUES");
    await Promise.allSettled(calls);
  }
  await Promise.all(calls);
  expect(
    failures,
    `of ${backups} backups; of as many by pg_dump alone, ${plainFailures.length} failed`,
  ).toEqual([]);
  for (const archive of (await server.files()).filter((file) => file.endsWith(".sql.gz"))) {
    const { content } = await server.manifest(archive);
    const restored = await server.restoreByStockTools(archive);
    const found = await readContent(
      new Server(database, { applicationName: "moving-test", dbname: restored }),
      "full",
    );
    expect(content === null ? ["nothing is said"] : contentDifferences(content, found)).toEqual([]);
    expect(found).toEqual(content);
  }
}, 600_000);
