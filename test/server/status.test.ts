import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { previousName, restoringName } from "../../scripts/lib/postgres/database-names.ts";
import {
  backups,
  cronTable,
  name,
  type StatusServer,
  settingsFile,
  startStatusServer,
} from "./status-server.ts";

let server: StatusServer;

beforeAll(async () => {
  server = await startStatusServer();
  const first = await server.backUp();
  if (first.code !== 0) throw new Error(first.stderr);
});
afterAll(() => server?.sandbox.remove());
/** Each test restores the state of its server. */
afterEach(async () => {
  await server.configure({});
  await server.sandbox.writeFile(server.settings.paths.cronTable, cronTable, "0644");
});

describe("a healthy server", () => {
  test("exits 0 with eight points, without colour when piped, and logs one line", async () => {
    const { code, stdout, stderr } = await server.check();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (let number = 1; number <= 8; number++)
      expect(stdout).toMatch(new RegExp(`^  ${number} \\w+ +ok `, "m"));
    expect(stdout).toContain("cache hits");
    expect(stdout).not.toContain("\u001b");
    const log = await server.sandbox.readFile(server.settings.paths.log);
    expect(log.trimEnd().split("\n").at(-1)).toMatch(
      /^\S+Z info - \S+ check_database_status: status healthy: 1 database$/,
    );
  });

  test("is in colour on a terminal, unless NO_COLOR is set", async () => {
    const onTerminal = (environment: string) =>
      server.sandbox.run(`TERM=xterm ${environment} script -qec '${server.command}' /dev/null`);
    expect((await onTerminal("")).stdout).toContain("\u001b[32m");
    expect((await onTerminal("NO_COLOR=1")).stdout).not.toContain("\u001b[32m");
  });

  test("prints nothing with --quiet", async () => {
    expect(await server.problems()).toEqual({ code: 0, stdout: "" });
  });

  test("answers --json by the documented schema", async () => {
    const file = join(import.meta.dirname, "../../docs/status.schema.json");
    const schema = z.fromJSONSchema(
      z.record(z.string(), z.json()).parse(JSON.parse(readFileSync(file, "utf8"))),
    );
    const { stdout } = await server.check("--json");
    expect(schema.safeParse(JSON.parse(stdout)).error).toBeUndefined();
  });

  test("is asked with one docker exec per database, and one docker inspect for all", async () => {
    const wrapper = '#!/bin/sh\\necho "$*" >>/tmp/docker-calls\\nexec /usr/bin/docker "$@"\\n';
    await server.sandbox.run(
      `mkdir -p /tmp/wrap && printf '${wrapper}' >/tmp/wrap/docker && chmod +x /tmp/wrap/docker`,
    );
    const [database] = server.settings.databases;
    if (database === undefined) throw new Error("no database in the settings");
    await server.configure({ databases: [database, { ...database, name: "second", database: "template1" }] });
    await server.sandbox.run(`PATH=/tmp/wrap:$PATH ${server.command} --json`);
    const calls = (await server.sandbox.readFile("/tmp/docker-calls")).trim().split("\n");
    expect(calls.filter((call) => call.startsWith("container inspect"))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith("exec "))).toHaveLength(2);
    expect(calls).toHaveLength(3);
  });
});

describe("the database", () => {
  test("that refuses connections is critical", async () => {
    const { databaseUser, database } = server.sandbox;
    const allow = (yes: boolean) =>
      server.sandbox.psql(`ALTER DATABASE "${database}" ALLOW_CONNECTIONS ${yes}`, "template1");
    await allow(false);
    const refused = await server.problems();
    await allow(true);
    expect(refused.code).toBe(2);
    expect(refused.stdout).toContain("not currently accepting connections");
    expect(refused.stdout).toContain("→ ALTER DATABASE");
    await server.configure({
      databases: server.settings.databases.map((each) => ({ ...each, user: `${databaseUser}_x` })),
    });
    expect(await server.pointOf("connections")).toMatchObject({ level: "critical" });
  });

  test("with a long query and an idle transaction is a warning that names them", async () => {
    await server.configure({ monitoring: { ...server.settings.monitoring, longQuerySeconds: 1 } });
    const { container, databaseUser, database } = server.sandbox;
    const psql = `docker exec -i ${container} psql -U ${databaseUser} -d ${database}`;
    await server.sandbox.run(`(${psql} -c 'SELECT pg_sleep(60)' >/dev/null 2>&1 &)
      ((echo 'BEGIN; SELECT 1;'; sleep 60) | ${psql} >/dev/null 2>&1 &)`);
    await expect
      .poll(async () => (await server.problems()).stdout, { timeout: 60_000, interval: 500 })
      .toMatch(/a query has run for(.|\n)*a transaction has been idle for/);
    await server.sandbox.psql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND pid <> pg_backend_pid()`,
    );
    await expect.poll(async () => (await server.problems()).code, { timeout: 60_000 }).toBe(0);
  });

  test("shows what restores left", async () => {
    const run = "20261101T020000-4f2a1b";
    const names = [previousName, restoringName].map((nameOf) => nameOf(server.sandbox.database, run));
    for (const each of names) await server.sandbox.psql(`CREATE DATABASE "${each}"`, "template1");
    const report = await server.report();
    for (const each of names) await server.sandbox.psql(`DROP DATABASE "${each}"`, "template1");
    expect(report.databases[0]?.performance?.leftovers.map(({ kind }) => kind)).toEqual([
      "previous",
      "restoring",
    ]);
    expect(report.verdict).toBe("warning");
  });

  test("that is one of several is looked at alone, and the worst of all counts", async () => {
    const missing = { ...server.settings.databases[0], name: "other", container: "no-such-container-21" };
    const databases = z.array(z.any()).parse([...server.settings.databases, missing]);
    await server.configure({ databases });
    await server.sandbox.run(
      `cd ${backups} && cp $(ls -t *.sql.gz | head -n 1) other_20261101_020000.sql.gz`,
    );
    const [all, one] = [await server.report(), await server.report(name)];
    await server.sandbox.run(`rm ${backups}/other_*`);
    expect(all.databases.map(({ verdict }) => verdict)).toEqual(["healthy", "critical"]);
    expect(all.exitCode).toBe(2);
    expect(one).toMatchObject({ exitCode: 0, databases: [{ name }] });
  });
});

describe("used wrongly", () => {
  test.each([
    ["an unknown option", "--nonsense", "nonsense"],
    ["an unknown database", "nobody", `the settings have ${name}`],
    ["no settings", "--settings /nowhere.json", "/nowhere.json cannot be used"],
  ])("%s: 3", async (_, words, text) => {
    const { code, stdout, stderr } = await server.check(words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(text);
  });

  test("--help needs no settings and lists the exit codes", async () => {
    await server.sandbox.run(`rm ${settingsFile}`);
    const { code, stdout } = await server.check("--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/0 +healthy(.|\n)*1 +warning(.|\n)*2 +critical(.|\n)*3 +unknown/);
  });
});
