import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { quote } from "../../scripts/contract/quoting.ts";
import { identifier } from "../../scripts/lib/postgres/sql.ts";
import { chosen } from "./extent.ts";
import { type FaultServer, startFaultServer, succeed } from "./fault-server.ts";
import { finalNamesAreGoodBackups, lookBefore, nothingIsLeft } from "./invariants.ts";
import { backupsAreIntact } from "./survival.ts";
import { tally } from "./tally.ts";

/** Names that a shell, SQL or a connection string would misinterpret. */

let server: FaultServer;

beforeAll(async () => {
  server = await startFaultServer({ database: "empty", states: [""] });
});
afterAll(() => server?.remove());
afterEach(() => server.configure(server.settings));

const odd = [
  ["quotes", `it's "quoted" \`twice\``],
  ["spaces", "  a name with spaces  "],
  ["a command", "$(touch /tmp/executed) ; touch /tmp/executed #"],
  ["newlines", "two\nlines\r\n"],
  ["unicode", "Größe 日本語 🎉 \u200b\u202e"],
  ["a connection string", "dbname=postgres host=/nowhere"],
  ["an option", "--version"],
  ["backslashes", "\\! touch /tmp/executed \\q %s %% {} *?[a]"],
] as const;

const executed = async () =>
  (await server.sandbox.run(`ls /tmp/executed; docker exec ${server.sandbox.container} ls /tmp/executed`))
    .code === 0;

const good = async (program: "backup_database" | "restore_database", words = "") => {
  const result = await server.run(program, words);
  expect(result.stderr).toBe("");
  expect(result.code, result.stdout).toBe(0);
};

const newest = async () =>
  (await succeed(server.sandbox, `ls -t ${quote(server.directory)}/*.sql.gz | head -n 1`)).trim();

test.each(chosen("names of databases", odd, 1))(
  "a database, its user and its tables named with %s",
  async (what, text) => {
    const { sandbox, settings } = server;
    const before = await lookBefore(server);
    const user = `${text}`.slice(0, 60);
    await sandbox.psql(`create role ${identifier(user)} superuser login`, "template1");
    await sandbox.psql(`create database ${identifier(text)} owner ${identifier(user)}`, "template1");
    await inDatabase(text, `create table ${identifier(text)} (${identifier(text)} text)`);
    await inDatabase(
      text,
      `insert into ${identifier(text)} select n || ${sqlText(text)} from generate_series(1, 99) n`,
    );
    await inDatabase(
      text,
      `create schema ${identifier(text)} create table ${identifier(`${text}2`)} (n int)`,
    );
    await server.configure({
      ...settings,
      databases: settings.databases.map((database) => ({ ...database, database: text, user })),
    });
    const content = await server.content(text);
    await good("backup_database");
    const archive = await newest();
    await inDatabase(text, `delete from ${identifier(text)}`);
    await good("restore_database", `--yes ${archive}`);
    expect(await server.content(text)).toBe(content);
    await good("restore_database", "--yes --rollback");
    expect(await inDatabase(text, `select count(*) from ${identifier(text)}`)).toBe("0");
    expect(await executed()).toBe(false);
    await nothingIsLeft(server, before);
    await backupsAreIntact(server);
    await server.reset();
    tally(`names with ${what}: database, user, schema, table, column`, 1, [
      "works",
      "names",
      "older",
      "left",
    ]);
  },
);

const sqlText = (text: string): string => `$text$${text}$text$`;

/** psql on the container's own socket, for any name of the database. */
async function inDatabase(database: string, sql: string): Promise<string> {
  const target = `dbname='${database.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const { sandbox } = server;
  const psql = `docker exec -i ${sandbox.container} psql -X -q -A -t -v ON_ERROR_STOP=1 -U ${sandbox.databaseUser} -d ${quote(target)}`;
  const { code, stdout, stderr } = await sandbox.run(psql, { input: sql });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

test.each(chosen("names of files", odd, 1))("files and directories named with %s", async (what, text) => {
  const { sandbox, settings } = server;
  const before = await lookBefore(server);
  const file = text.replaceAll("/", "-");
  // A setting has one line.
  const directory = `/root/${file.replaceAll(/[\n\r]/g, " ")}`;
  await server.configure({ ...settings, paths: { ...settings.paths, backups: directory } });
  await good("backup_database");
  const archive = (await succeed(sandbox, `ls ${quote(directory)}/*.sql.gz`)).trim();
  const content = await server.content();
  await good("restore_database", `--yes ${quote(archive)}`);
  const copy = `/opt/test/${file}.sql.gz`;
  await succeed(sandbox, `cp ${quote(archive)} ${quote(copy)}`);
  await good("restore_database", `--yes --database ${server.name} ${quote(copy)}`);
  expect(await server.content()).toBe(content);
  expect(await executed()).toBe(false);
  const there = await server.audit(directory);
  finalNamesAreGoodBackups(there);
  expect(there.stray).toEqual([]);
  await nothingIsLeft(server, before);
  // The first backups are in another directory than that of these settings.
  await backupsAreIntact(server);
  await server.reset();
  tally(`names with ${what}: backups directory, file`, 1, ["works", "names", "older", "left"]);
});
