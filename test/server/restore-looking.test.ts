import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quote } from "../../scripts/contract/quoting.ts";
import { previousName, restoringName } from "../../scripts/lib/postgres/database-names.ts";
import { resealed } from "./programs.ts";
import { backups, name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

let server: RestoreServer;
/** Two backups, the older first. */
let archives: [string, string];

beforeAll(async () => {
  server = await startRestoreServer();
  const first = await server.backUp();
  await server.sandbox.psql("delete from lessons");
  archives = [first, await server.backUp()];
});

afterAll(() => server?.remove());

/** Everything that a read-only call must not change: files, log, lock and databases. */
async function state(): Promise<string> {
  const { sandbox, settings } = server;
  const files = await sandbox.run(
    `ls -la --time-style=full-iso ${backups} ${settings.paths.locks}; sha256sum ${backups}/* ${settings.paths.log}`,
  );
  return `${files.stdout} ${await server.databases()}`;
}

async function looking(words: string, before = "") {
  const was = await state();
  const result = await server.restore(words, before);
  expect(await state()).toBe(was);
  return result;
}

describe("--verify-only", () => {
  test("says what a file holds, without any container", async () => {
    const [archive] = archives;
    const text = await looking(`--verify-only ${archive}`, "PATH=/nowhere");
    expect(text).toMatchObject({ code: 0 });
    expect(text.stdout).toMatch(/: whole, and as its manifest says\n/);
    expect(text.stdout).toMatch(/holds +\d+ tables with [\d,]+ rows/);
    const { stdout } = await looking(`--verify-only --json ${archive}`, "PATH=/nowhere");
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0, file: archive, manifest: { adopted: false } });
  });

  test("a bare name is a backup's, for any files in the current directory, and a path has a slash", async () => {
    const { sandbox } = server;
    const [older, newer] = archives;
    const bare = older.replace(`${backups}/`, "");
    await sandbox.run(`mkdir -p /tmp/here; cp ${newer} /tmp/here/${bare}; cp ${newer} /tmp/here/mine.sql.gz`);
    const there = (words: string) => looking(`--verify-only --json ${words}`, "cd /tmp/here &&");
    expect(JSON.parse((await there(bare)).stdout)).toMatchObject({
      file: older,
      manifest: { adopted: false },
    });
    expect(JSON.parse((await there(`./${bare}`)).stdout)).toMatchObject({
      file: `/tmp/here/${bare}`,
      manifest: null,
    });
    expect(await there("mine.sql.gz")).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("write ./mine.sql.gz"),
    });
    expect(await there("no-such-file")).toMatchObject({
      code: 65,
      stderr: expect.stringContaining(`${backups}/no-such-file`),
    });
    await sandbox.run("rm -r /tmp/here");
  });

  test("refuses a damaged archive and changed roles", async () => {
    const { sandbox } = server;
    const copy = `${backups}/${name}_20250101_000000`;
    const [archive] = archives;
    const stem = archive.replace(/\.sql\.gz$/, "");
    const asCopy = `sed "s/$(basename ${archive})/$(basename ${copy}).sql.gz/" ${stem}.json >${copy}.json; ${resealed(`${copy}.json`)}`;
    await sandbox.run(
      `head -c 100000 ${archive} >${copy}.sql.gz; ${asCopy}; cp ${stem}.roles.sql ${copy}.roles.sql`,
    );
    expect(await looking(`--verify-only ${copy}.sql.gz`)).toMatchObject({
      code: 65,
      stderr: expect.stringContaining("is cut off"),
    });
    await sandbox.run(`cp ${archive} ${copy}.sql.gz; sed -i s/LOGIN/SUPERUSER/ ${copy}.roles.sql`);
    expect(await looking(`--verify-only ${copy}.sql.gz`)).toMatchObject({
      code: 65,
      stderr: expect.stringMatching(/roles\.sql has changed since it was backed up/),
    });
    await sandbox.run(`rm ${copy}.*`);
  });
});

describe("--at", () => {
  const stampOf = (archive: string) => /\d{8}_\d{6}/.exec(archive)?.[0] ?? "";

  test("takes the newest verified backup of then or before, and says which", async () => {
    const [older, newer] = archives;
    for (const [at, chosen] of [
      [stampOf(older), older],
      [stampOf(newer), newer],
      ["2099-01-01 00:00", newer],
    ]) {
      const { code, stdout } = await looking(`--verify-only --at '${at}'`);
      expect(code).toBe(0);
      expect(stdout).toContain(`is ${chosen}, taken `);
    }
  });

  test("without such a backup or with no time nothing is restored", async () => {
    expect(await looking("--verify-only --at 2020-01-01T00:00:00Z")).toMatchObject({
      code: 65,
      stderr: expect.stringContaining(`the oldest is of`),
    });
    expect(await looking("--yes --at yesterday")).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("is not a valid time; use 2026-11-22T02:00:00Z"),
    });
  });
});

describe("--dry-run", () => {
  test("shows every step of every way and does none", async () => {
    const [archive] = archives;
    const live = await server.hash();
    const ways: [string, RegExp][] = [
      [archive, /back up the live database.*is kept for 7 days\n.*RENAME TO/s],
      [
        `--in-place ${archive}`,
        /prove the file: it was never restored on trial; .*shut clients out.*pg_dump.*prove that backup.*drop the live database\n +DROP DATABASE/s,
      ],
      [`--into copy ${archive}`, /name it copy\n.*RENAME TO "copy"/s],
      [`--table lessons ${archive}`, /public\.lessons; .*CREATE SCHEMA "restored_\d{8}_\d{6}"/s],
      ["--at '2099-01-01 00:00'", /is \/root\/database_backups\/.*It could be done/s],
    ];
    for (const [words, says] of ways) {
      const { code, stdout } = await looking(`--dry-run ${words}`);
      expect(stdout).toMatch(says);
      expect(stdout).toMatch(/It could be done(, if the trial shows that the file restores)?\.\n$/);
      expect(code).toBe(0);
    }
    expect(await server.hash()).toBe(live);
  });

  test("names the obstacles, and exits as the restore would", async () => {
    const { sandbox, settings } = server;
    const [archive] = archives;
    const obstacles: [string, number, RegExp][] = [
      [`--into ${sandbox.database} ${archive}`, 1, /NOT POSSIBLE: .* is a live database's name/],
      [`--table nothing ${archive}`, 1, /NOT POSSIBLE: there is no table nothing/],
      ["--rollback", 1, /NOT POSSIBLE: there is no previous database/],
    ];
    for (const [words, code, says] of obstacles) {
      const result = await looking(`--dry-run ${words}`);
      expect(result.stdout).toMatch(says);
      expect(result).toMatchObject({ code, stderr: "" });
    }
    const hold = `flock ${settings.paths.locks}/${name}.lock sh -c 'echo $$ >/tmp/holder; exec sleep 600' </dev/null >/dev/null 2>&1 &`;
    await sandbox.run(`rm -f /tmp/holder; ${hold}`);
    await sandbox.run("until [ -s /tmp/holder ]; do sleep 0.1; done");
    const locked = await looking(`--dry-run --json ${archive}`);
    await sandbox.run("kill $(cat /tmp/holder)");
    const problems = JSON.parse(locked.stdout).steps.map(
      ({ problem }: { problem: string | null }) => problem,
    );
    expect(problems).toContainEqual(expect.stringMatching(/is locked by/));
    expect(locked.code).toBe(75);
  });
});

describe("--into", () => {
  test("makes a whole second database of any name, and leaves the live one alone", async () => {
    const { sandbox } = server;
    const [archive] = archives;
    const live = await server.hash();
    const odd = `It's "odd" $HOME`;
    const { code, stdout } = await server.restore(`--json --into ${quote(odd)} ${archive}`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 0, into: odd, database: name });
    expect(await server.databases()).toEqual([odd, sandbox.database].sort());
    expect(await sandbox.psql("select count(*) from lessons", odd)).toBe("1200");
    const owner = `select pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') from pg_database where datname =`;
    const like = (database: string) => sandbox.psql(`${owner} '${database.replaceAll("'", "''")}'`);
    expect(await like(odd)).toBe(await like(sandbox.database));
    expect(await server.hash()).toBe(live);
    await sandbox.psql(`drop database "${odd.replaceAll('"', '""')}"`, "template1");
  });

  test("refuses names that are taken, live, the server's or of our own form", async () => {
    const { sandbox } = server;
    const run = "20260101T000000-abcdef";
    await sandbox.psql("create database taken", "template1");
    for (const [refused, says] of [
      ["taken", "exists already"],
      [sandbox.database, "is a live database's name"],
      ["template1", "is the server's own"],
      [previousName(sandbox.database, run), "looks like a temporary database"],
      [restoringName(sandbox.database, run), "looks like a temporary database"],
      ["x".repeat(64), "is longer than 63 bytes"],
    ]) {
      const result = await server.restore(`--into '${refused}' ${archives[0]}`);
      expect(result.stderr).toContain(says);
      expect(result.code).toBe(1);
    }
    await sandbox.psql("drop database taken", "template1");
    expect(await server.databases()).toEqual([sandbox.database]);
  });

  test("killed half way, it leaves a name that is recognised, and the next backup removes it", async () => {
    const { sandbox } = server;
    const killing = `#!/bin/sh
case "$*" in *" -f -") kill -KILL $PPID ;; esac
exec /usr/bin/docker "$@"
`;
    await sandbox.writeFile("/opt/test/killing/docker", killing, "0755");
    await server.restore(`--into copy ${archives[0]}`, 'PATH="/opt/test/killing:$PATH"');
    expect(await server.databases()).toEqual([
      sandbox.database,
      expect.stringMatching(/_restoring_\d{8}T\d{6}-[0-9a-f]{6}$/),
    ]);
    expect((await server.restore("--list")).stdout).toMatch(/left by a restore that died or being filled/);
    await server.backUp();
    expect(await server.databases()).toEqual([sandbox.database]);
    expect(await server.log()).toMatch(/dropped \S+_restoring_\S+, left by a crashed run/);
  });
});
