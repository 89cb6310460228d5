import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { say } from "../../infra/local-machine/steps.ts";
import { propertiesQuery } from "../../scripts/lib/postgres/properties.ts";
import { type PostgresVersion, postgresVersions } from "../sandbox/postgres-version.ts";
import { whyNoPostgres } from "../sandbox/set-up/postgres-image.ts";
import { name } from "./status-server.ts";
import { startVersionServer, type VersionServer } from "./version-server.ts";

const versions = await Promise.all(
  postgresVersions.map(async (version) => ({ version, reason: await whyNoPostgres(version) })),
);
const here = versions.filter(({ reason }) => reason === null).map(({ version }) => version);

/** Building the images of a version takes a minute or two the first time. */
const imagesTimeout = 20 * 60_000;

const servers = new Map<PostgresVersion, VersionServer>();
function serverOf(version: PostgresVersion): VersionServer {
  const server = servers.get(version);
  if (server === undefined) throw new Error(`there is no server with PostgreSQL ${version}`);
  return server;
}

/** The backup of each version, and the content of the database at that time. */
const backup = new Map<PostgresVersion, { archive: string; content: string }>();
function backupOf(version: PostgresVersion): { archive: string; content: string } {
  const made = backup.get(version);
  if (made === undefined) throw new Error(`PostgreSQL ${version} made no backup`);
  return made;
}

/** A backup of PostgreSQL 15 with an ICU locale in a form that later versions change. */
let underscored: string | null = null;

const damage =
  "DELETE FROM lessons; DROP TABLE visits; CREATE TABLE leftover (); SELECT lo_unlink(oid) FROM pg_largeobject_metadata;";

afterAll(async () => {
  await Promise.all([...servers.values()].map(({ sandbox }) => sandbox.remove()));
});

for (const { version, reason } of versions) {
  if (reason === null) continue;
  say(`PostgreSQL ${version} is not tested: ${reason}.`);
  test.skip(`PostgreSQL ${version}: ${reason}`, () => {});
}

describe.each(here)("PostgreSQL %i", (version) => {
  beforeAll(async () => {
    servers.set(version, await startVersionServer(version));
  }, imagesTimeout);

  test("a backup says what made it, and the status check finds eight points in order", async () => {
    const { sandbox, backUp, newest, content, report } = serverOf(version);
    const before = await content();
    expect(await backUp()).toMatchObject({ code: 0, stderr: "" });
    const archive = await newest();
    const manifest = JSON.parse(await sandbox.readFile(archive.replace(".sql.gz", ".json")));
    const said = await sandbox.psql("SELECT current_setting('server_version_num')");
    expect(Math.floor(Number(said) / 10_000)).toBe(version);
    expect(manifest).toMatchObject({
      class: "regular",
      postgres: {
        serverVersion: expect.stringMatching(`^${version}\\.`),
        serverVersionNumber: Number(said),
        dumpVersion: expect.stringMatching(`^${version}\\.`),
      },
      properties: { owner: sandbox.databaseUser, encoding: "UTF8", provider: "c", collate: "en_US.utf8" },
    });
    expect(manifest.content.tables).toContainEqual(
      expect.objectContaining({ schema: "public", name: "visits_other", rows: 30, hash: expect.any(String) }),
    );
    const { points, databases } = await report();
    const found = Object.values({ ...points, ...databases[0]?.points });
    expect(found).toHaveLength(8);
    expect(found.flatMap(({ findings }) => findings).filter(({ level }) => level !== "ok")).toEqual([]);
    backup.set(version, { archive, content: before });
  });

  test("a rehearsal in a container finds the backup equal", async () => {
    const { archive } = backupOf(version);
    const { code, stdout, stderr } = await serverOf(version).rehearse(`--json ${archive}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout).rehearsals[0].record).toMatchObject({
      where: "container",
      compared: "full",
      result: "equal",
      differences: [],
    });
  });

  test("--table brings a partitioned table's rows into a schema of their own", async () => {
    const { sandbox, restore } = serverOf(version);
    const { archive } = backupOf(version);
    const rows = (table: string) => sandbox.psql(`SELECT r::text FROM ${table} AS r ORDER BY id`);
    const lost = await rows("visits");
    await sandbox.psql("DELETE FROM visits_other");
    const { code, stdout, stderr } = await restore(`--table visits ${archive}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const schema = /restored_\d{8}_\d{6}/.exec(stdout)?.[0];
    expect(await rows(`${schema}.visits`)).toBe(lost);
    expect(await rows("visits")).not.toBe(lost);
    await sandbox.psql(`DROP SCHEMA ${schema} CASCADE`);
  });

  test("a restore brings everything back, and --rollback undoes it", async () => {
    const { sandbox, restore, content } = serverOf(version);
    const { archive, content: original } = backupOf(version);
    await sandbox.psql(damage);
    const damaged = await content();
    const restored = await restore(`--yes ${archive}`);
    expect(restored).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(original);
    expect(await restore("--yes --rollback")).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(damaged);
  });

  describe.each(localesOf(version))("a database of %s", (locale, provider) => {
    const row = async () =>
      JSON.parse(
        await serverOf(version).sandbox.psql(
          "SELECT to_jsonb(d) FROM pg_database d WHERE datname = current_database()",
        ),
      );
    test("a restore in place into it", async () => {
      const { sandbox, restore, content } = serverOf(version);
      const { archive, content: original } = backupOf(version);
      const live = sandbox.database;
      await sandbox.psql(
        `DROP DATABASE ${live} WITH (FORCE);
       CREATE DATABASE ${live} TEMPLATE template0 ENCODING 'UTF8' ${locale};`,
        "template1",
      );
      expect(await restore(`--yes --in-place ${archive}`)).toMatchObject({ code: 0, stderr: "" });
      expect(await content()).toBe(original);
      expect(await row()).toMatchObject(provider);
    });

    test("what is in it then: backed up, rehearsed and restored", async () => {
      const { sandbox, backUp, newest, rehearse, restore, content } = serverOf(version);
      const { content: original } = backupOf(version);
      expect(await backUp()).toMatchObject({ code: 0, stderr: "" });
      const own = await newest();
      const rehearsed = await rehearse(`--json ${own}`);
      expect(rehearsed).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(rehearsed.stdout).rehearsals[0].record).toMatchObject({ result: "equal" });
      await sandbox.psql(damage);
      expect(await restore(`--yes ${own}`)).toMatchObject({ code: 0, stderr: "" });
      expect(await content()).toBe(original);
      expect(await row()).toMatchObject(provider);
      if (locale.includes("de_AT")) underscored = own;
    });
  });
});

/** The locales that a version introduced or stores differently, and their values in pg_database. */
function localesOf(version: PostgresVersion): [locale: string, row: Record<string, string>][] {
  const icu = "LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'";
  const icuColumn = version < 17 ? "daticulocale" : "datlocale";
  const builtin = version < 18 ? "C.UTF-8" : "PG_UNICODE_FAST";
  const locales: [first: number, last: number, string, Record<string, string>][] = [
    [13, 14, "LOCALE 'C.UTF-8'", { datcollate: "C.UTF-8" }],
    [15, 15, icu.replace("-", "_"), { datlocprovider: "i", [icuColumn]: "de_AT" }],
    [
      16,
      18,
      `${icu} ICU_RULES '&a < g'`,
      { datlocprovider: "i", [icuColumn]: "de-AT", daticurules: "&a < g" },
    ],
    [
      17,
      18,
      `LOCALE_PROVIDER builtin BUILTIN_LOCALE '${builtin}'`,
      { datlocprovider: "b", datlocale: builtin },
    ],
  ];
  return locales.flatMap(([first, last, locale, row]) =>
    first <= version && version <= last ? [[locale, row]] : [],
  );
}

const pairs = here.flatMap((from) => here.filter((to) => to !== from).map((to) => [from, to] as const));

describe("from one version to another", () => {
  test.each(pairs.filter(([from, to]) => from < to))("%i to %i: it is all there", async (from, to) => {
    const { restore, content, fetch } = serverOf(to);
    const { archive, content: original } = backupOf(from);
    const file = await fetch(serverOf(from), archive);
    expect(await restore(`--yes --database ${name} ${file}`)).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(original);
  });

  const farthest = pairs.filter(([from, to]) => from === here[0] && to === here.at(-1));
  test.each(farthest)("%i to %i where no database is: it is made as it was", async (from, to) => {
    const { sandbox, restore, content, fetch } = serverOf(to);
    const { archive, content: original } = backupOf(from);
    const { properties } = JSON.parse(
      await serverOf(from).sandbox.readFile(archive.replace(".sql.gz", ".json")),
    );
    const file = await fetch(serverOf(from), archive);
    await sandbox.psql(`DROP DATABASE ${sandbox.database} WITH (FORCE)`, "template1");
    expect(await restore(`--yes --database ${name} ${file}`)).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(original);
    expect(JSON.parse(await sandbox.psql(propertiesQuery(sandbox.database)))).toEqual(properties);
  });

  const nearest = pairs.filter(([from, to]) => from === 15 && to === here.find((version) => version > 15));
  test.each(nearest)("%i to %i where no database is: a locale of ICU in another form", async (from, to) => {
    const { sandbox, restore, content, fetch } = serverOf(to);
    const file = await fetch(serverOf(from), underscored ?? "");
    await sandbox.psql(`DROP DATABASE ${sandbox.database} WITH (FORCE)`, "template1");
    expect(await restore(`--yes --database ${name} ${file}`)).toMatchObject({ code: 0, stderr: "" });
    expect(await content()).toBe(backupOf(from).content);
    expect(JSON.parse(await sandbox.psql(propertiesQuery(sandbox.database)))).toMatchObject({
      provider: "i",
      providerLocale: "de-AT",
    });
  });

  test.each(pairs.filter(([from, to]) => from > to))("%i to %i is refused", async (from, to) => {
    const { restore, content, fetch } = serverOf(to);
    const before = await content();
    const file = await fetch(serverOf(from), backupOf(from).archive);
    const refused = await restore(`--yes --database ${name} ${file}`);
    expect(refused).toMatchObject({ code: 65 });
    expect(refused.stderr).toContain(`of PostgreSQL ${from}, newer than the server's ${to}.`);
    expect(await content()).toBe(before);
  });
});
