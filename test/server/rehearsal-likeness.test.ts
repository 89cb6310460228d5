import { afterEach, expect, test } from "vitest";
import { Manifest } from "../../scripts/contract/manifest.ts";
import { commandOf, putPrograms } from "./programs.ts";
import { type RehearsalServer, startRehearsalServer } from "./rehearsal-server.ts";

/** Servers with another initdb or other settings than the sandbox's. A rehearsal must behave like a restore there. */

let server: RehearsalServer | undefined;
afterEach(async () => {
  await server?.remove();
  server = undefined;
});

async function start(...parameters: Parameters<typeof startRehearsalServer>): Promise<RehearsalServer> {
  server = await startRehearsalServer(...parameters);
  await putPrograms(server.sandbox, ["restore_database"]);
  return server;
}

/** Backs up, rehearses and restores. Each must succeed without a difference. */
async function proven(made: RehearsalServer): Promise<Manifest> {
  const { sandbox } = made;
  const archive = await made.backUp();
  const result = await made.rehearse();
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
  expect(await made.record(archive)).toMatchObject({ result: "equal", compared: "full", differences: [] });
  expect(await made.containers()).toEqual([]);
  expect(await made.log()).not.toContain("rehearsal note");
  const restored = await sandbox.run(`${commandOf(sandbox, "restore_database")} --yes ${archive} </dev/null`);
  expect(restored.stderr).toBe("");
  expect(restored.code).toBe(0);
  return Manifest.parse(JSON.parse(await sandbox.readFile(archive.replace(/\.sql\.gz$/, ".json"))));
}

/** The server's only database is not the sandbox's. */
async function configureDatabase({ configure, settings }: RehearsalServer, database: string): Promise<void> {
  await configure({ databases: settings.databases.map((one) => ({ ...one, database })) });
}

test("the encoding, locale and time zone of another country: money, local time, names of months", async () => {
  const made = await start({
    initdbArguments: "--encoding=LATIN1 --locale=de_DE.iso88591",
    databaseEnvironment: ["TZ=Europe/Berlin"],
  });
  await made.sandbox.psql(`
    SET client_encoding = 'UTF8';
    CREATE ROLE "Müller" LOGIN PASSWORD 'x';
    CREATE TABLE "Größe" (id bigserial PRIMARY KEY, "Länge" integer, note text);
    INSERT INTO "Größe" ("Länge", note) SELECT n, 'für ' || n FROM generate_series(1, 50) AS n;
    ALTER TABLE "Größe" OWNER TO "Müller";
    CREATE TABLE prices (amount money);
    INSERT INTO prices VALUES ('1.234,56'), ('0,99');
    CREATE TABLE stays (day date, at timestamptz, CONSTRAINT that_day CHECK (day = at::date));
    INSERT INTO stays SELECT day, day + interval '30 minutes'
      FROM generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') AS day;
    CREATE MATERIALIZED VIEW months AS SELECT day, to_char(day, 'TMMonth') AS name FROM stays;`);
  const { cluster } = await proven(made);
  expect(cluster?.template).toMatchObject({ encoding: "LATIN1", collate: "de_DE.iso88591", provider: "c" });
  expect(cluster?.settings).toEqual(
    expect.arrayContaining([
      { name: "lc_monetary", value: "de_DE.iso88591" },
      { name: "TimeZone", value: "Europe/Berlin" },
    ]),
  );
  // As on a new server without any of it.
  const { sandbox } = made;
  await sandbox.psql("ALTER SYSTEM SET timezone = 'Etc/UTC'");
  await sandbox.psql("ALTER SYSTEM SET lc_monetary = 'C'");
  await sandbox.psql("SELECT pg_reload_conf()");
  const newest = (await sandbox.run("ls -t /root/database_backups/*[0-9].sql.gz | tail -n 1")).stdout.trim();
  const restored = await sandbox.run(`${commandOf(sandbox, "restore_database")} --yes ${newest} </dev/null`);
  expect(restored.stderr).toBe("");
  expect(restored.code).toBe(0);
  const log = await made.log();
  const reported = log.indexOf("TimeZone was Europe/Berlin and is Etc/UTC");
  expect(reported).toBeGreaterThan(0);
  expect(reported).toBeLessThan(log.lastIndexOf("restore finished"));
  expect(log).toContain("lc_monetary was de_DE.iso88591 and is C");
  expect(log).toContain(`ALTER SYSTEM SET "TimeZone" = 'Europe/Berlin'; SELECT pg_reload_conf()`);
  expect(await sandbox.psql("SELECT count(*) FROM stays")).toBe("90");
});

test("a libc database in a server initialised with ICU, and one of ICU there", async () => {
  const made = await start({
    initdbArguments: "--encoding=UTF8 --locale=en_US.utf8 --locale-provider=icu --icu-locale=de-DE",
  });
  const { sandbox } = made;
  const provider = (name: string) =>
    sandbox.psql(`SELECT datlocprovider FROM pg_database WHERE datname = '${name}'`, "postgres");
  const rooms = "CREATE TABLE rooms AS SELECT n, 'room ' || n AS alias FROM generate_series(1, 100) n";
  const libc = "TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'";
  await sandbox.psql(`CREATE DATABASE chat ${libc}`, "postgres");
  await sandbox.psql(rooms, "chat");
  await configureDatabase(made, "chat");
  const { cluster, properties } = await proven(made);
  expect(cluster?.template).toMatchObject({ provider: "i", providerLocale: "de-DE" });
  expect(properties).toMatchObject({ provider: "c", collate: "C" });
  expect(await provider("chat")).toBe("c");
  await sandbox.psql(rooms);
  await configureDatabase(made, sandbox.database);
  expect((await proven(made)).properties).toMatchObject({ provider: "i", providerLocale: "de-DE" });
  expect(await provider(sandbox.database)).toBe("i");
});
