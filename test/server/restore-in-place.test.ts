import { afterAll, beforeAll, expect, test } from "vitest";
import { restoringName } from "../../scripts/lib/postgres/database-names.ts";
import { propertiesQuery } from "../../scripts/lib/postgres/properties.ts";
import { manifestText } from "../../scripts/lib/store/manifest.ts";
import { name, type RestoreServer, startRestoreServer } from "./restore-server.ts";

/**
 * A wrapper of docker, first on PATH. It makes FAILURES loads of a database fail, but no trial. Before each failure it
 * kills the program (KILL), interrupts its process group like Ctrl-C in a terminal (INTERRUPT), or creates an empty
 * database in the container like a starting application (MAKE).
 */
const failingLoads = `#!/bin/sh
case "$*" in
  *database-backups-rehearsal-*) ;;
  *" -f -")
    echo x >>/tmp/loads
    [ -z "$KILL" ] || kill -KILL $PPID
    [ -z "$INTERRUPT" ] || kill -INT -$(cut -d " " -f 5 /proc/$PPID/stat)
    [ -z "$MAKE" ] || /usr/bin/docker exec "$MAKE" createdb -U curriculum_library_api --maintenance-db template1 \\
      curriculum_library_api_production 2>/dev/null
    if [ "$(wc -l </tmp/loads)" -le "$FAILURES" ]; then cat >/dev/null; echo "no load today" >&2; exit 3; fi ;;
esac
exec /usr/bin/docker "$@"
`;
const withFailingLoads = 'rm -f /tmp/loads; PATH="/opt/test/bin:$PATH"';
const state = `/root/database_backups/.${name}.in-place.json`;

let server: RestoreServer;
let archive: string;
let original: string;

beforeAll(async () => {
  server = await startRestoreServer();
  const { sandbox } = server;
  // As in a Kamal configuration without POSTGRES_DB: template1 is the only database to connect to.
  await sandbox.psql("drop database if exists postgres", "template1");
  original = await server.hash();
  archive = await server.backUp();
  await sandbox.writeFile("/opt/test/bin/docker", failingLoads, "0755");
});

afterAll(() => server?.remove());

const onlyLive = async () => {
  expect(await server.databases()).toEqual([server.sandbox.database]);
  expect((await server.sandbox.run(`ls ${state}`)).code).not.toBe(0);
};

test("in place: everything is restored, and nothing is left over, not even by an interrupted drop", async () => {
  const { sandbox } = server;
  await sandbox.psql("delete from lessons; create table leftover ()");
  const halfDropped = restoringName(sandbox.database, "20260101T000000-abcdef");
  await sandbox.psql(`create database "${halfDropped}"`, "template1");
  await sandbox.psql(`update pg_database set datconnlimit = -2 where datname = '${halfDropped}'`);
  expect(await server.restore(`--yes --in-place ${archive}`)).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(original);
  await onlyLive();
});

test("in place, interrupted by several Ctrl-C: the pre-restore backup is restored; exit code 10", async () => {
  await server.sandbox.psql("delete from lessons");
  const before = await server.hash();
  const interrupted = `${withFailingLoads} FAILURES=0 INTERRUPT=yes setsid --wait`;
  const failed = await server.restore(`--yes --in-place ${archive}`, interrupted);
  expect(failed.stderr).toMatch(/has its former content again, .*restore again: ended by SIGINT/);
  expect(failed.code).toBe(10);
  expect(await server.hash()).toBe(before);
  await onlyLive();
});

test("a drop interrupted by a crash leaves no usable database: --rollback restores the content", async () => {
  const { sandbox } = server;
  const [oid, properties] = await Promise.all([
    sandbox.psql(`select oid from pg_database where datname = '${sandbox.database}'`),
    sandbox.psql(propertiesQuery(sandbox.database)),
  ]);
  const cutOff = {
    ...{ version: 1, runId: "20260101T000000-abcdef", liveOid: Number(oid), preRestoreArchive: archive },
    properties: JSON.parse(properties),
  };
  await sandbox.writeFile(state, JSON.stringify(cutOff), "0600");
  const invalid = `update pg_database set datconnlimit = -2 where datname = '${sandbox.database}'`;
  await sandbox.psql(invalid, "template1");
  const rolledBack = await server.restore("--yes --rollback");
  expect(rolledBack.stdout).toMatch(/was cut off/);
  expect(rolledBack).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(original);
  await onlyLive();
});

test("in place, failed and not put back: exit code 11, and --rollback puts it back later", async () => {
  const before = await server.hash();
  const failed = await server.restore(`--yes --in-place ${archive}`, `${withFailingLoads} FAILURES=2`);
  expect(failed.stderr).toMatch(/there is no database .* --rollback/);
  expect(failed.code).toBe(11);
  expect(await server.databases()).toEqual([]);
  const rolledBack = await server.restore("--yes --rollback");
  expect(rolledBack).toMatchObject({ code: 0 });
  expect(rolledBack.stdout).toMatch(/was cut off/);
  expect(await server.hash()).toBe(before);
  await onlyLive();
});

test("in place, while an application makes a database: it is kept, and --rollback puts the content back", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const making = `${withFailingLoads} MAKE=${sandbox.container}`;
  const failed = await server.restore(`--yes --in-place ${archive}`, `${making} FAILURES=2`);
  expect(failed.stderr).toMatch(/is not the one that was dropped; .* --rollback .*\[DBK-INPLACE-6\]/);
  expect(failed.code).toBe(11);
  expect(await server.databases()).toEqual([sandbox.database]);

  const rolledBack = await server.restore("--yes --rollback", `${making} FAILURES=0`);
  expect(rolledBack.stdout).toMatch(/another \S+ was created since/);
  expect(rolledBack.stdout).toMatch(/it is kept as .*_previous_/);
  expect(rolledBack.code).toBe(0);
  expect(await server.hash()).toBe(before);
  const [, kept = "", ...others] = await server.databases();
  expect(kept).toMatch(/_previous_/);
  expect(others).toEqual([]);
  await sandbox.psql(`drop database "${kept}"`, "template1");
  await onlyLive();
});

test("in place, killed in between: the next restore needs no live database", async () => {
  const { sandbox } = server;
  const killed = await server.restore(
    `--yes --in-place ${archive}`,
    `${withFailingLoads} KILL=yes FAILURES=0`,
  );
  expect(killed.code).toBe(137);
  expect(await server.databases()).not.toContain(sandbox.database);
  expect(await server.log()).toMatch(/until it is done the content of \S+ is in \/root\/database_backups\//);
  expect(await server.restore(`--yes ${archive}`)).toMatchObject({ code: 0 });
  expect(await server.hash()).toBe(original);
  await onlyLive();
});

test("beside the live database, failed: it is untouched, and what was made is gone", async () => {
  await server.sandbox.psql("delete from lessons");
  const before = await server.hash();
  const failed = await server.restore(`--yes ${archive}`, `${withFailingLoads} FAILURES=1`);
  expect(failed.code).toBe(1);
  expect(await server.hash()).toBe(before);
  await onlyLive();
});

test("what differs from the manifest is not swapped in: the table and its numbers are named", async () => {
  const { sandbox } = server;
  const manifest = archive.replace(/sql\.gz$/, "json");
  const before = await server.hash();
  const text = await sandbox.readFile(manifest);
  const changed = JSON.parse(text);
  changed.content.tables.find((table: { name: string }) => table.name === "users").rows += 1;
  await sandbox.writeFile(manifest, manifestText(changed), "0600");
  const failed = await server.restore(`--yes ${archive}`);
  const untouched = await server.hash();
  const accepted = await server.restore(`--yes --in-place --accept-differences ${archive}`);
  await sandbox.writeFile(manifest, text, "0600");
  const difference = /public\.users had \d+ rows, it has \d+/;
  expect(failed.stderr).toMatch(difference);
  expect(failed.stderr).toContain("--accept-differences");
  expect(failed.code).toBe(1);
  expect(untouched).toBe(before);
  expect(accepted).toMatchObject({ code: 0 });
  expect(accepted.stdout).toMatch(difference);
  await onlyLive();
});

test("interrupted: the live database is untouched, and what was made is gone", async () => {
  const { sandbox } = server;
  const before = await server.hash();
  const interrupting = `#!/bin/sh
case "$*" in *" -f -") kill -TERM $PPID ;; esac
exec /usr/bin/docker "$@"
`;
  await sandbox.writeFile("/opt/test/interrupting/docker", interrupting, "0755");
  const ended = await server.restore(`--yes ${archive}`, 'PATH="/opt/test/interrupting:$PATH"');
  expect(ended.stderr).toMatch(/ended by SIGTERM/);
  expect(ended.code).toBe(1);
  expect(await server.hash()).toBe(before);
  await onlyLive();
});
