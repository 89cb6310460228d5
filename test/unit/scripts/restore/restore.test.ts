import { describe, expect, test } from "vitest";
import type { DatabaseProperties } from "../../../../scripts/contract/database-properties.ts";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import { Confinement } from "../../../../scripts/lib/archive/restrict-psql.ts";
import { createStatement, propertyStatements } from "../../../../scripts/lib/postgres/create-database.ts";
import { differingProperties } from "../../../../scripts/lib/postgres/properties.ts";
import { settingsOfLoad } from "../../../../scripts/lib/restore/load-settings.ts";
import { missingRoles } from "../../../../scripts/lib/restore/roles.ts";
import { neededInPlace, neededSideBySide } from "../../../../scripts/lib/restore/space-check.ts";

const properties: DatabaseProperties = {
  owner: "Lehrer & Söhne",
  encoding: "UTF8",
  collate: "en_US.utf8",
  ctype: "en_US.utf8",
  provider: "c",
  providerLocale: null,
  icuRules: null,
  tablespace: "pg_default",
  connectionLimit: -1,
  isTemplate: false,
  comment: null,
  grants: null,
  settings: [],
};

describe("an empty database like the live one", () => {
  test.each<[string, Partial<DatabaseProperties>, string]>([
    ["libc", {}, "LOCALE_PROVIDER libc TABLESPACE"],
    ["ICU", { provider: "i", providerLocale: "de-AT" }, "LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' TABLESPACE"],
    [
      "ICU with rules",
      { provider: "i", providerLocale: "de", icuRules: "&a < b" },
      "ICU_LOCALE 'de' ICU_RULES '&a < b'",
    ],
    [
      "builtin",
      { provider: "b", providerLocale: "C.UTF-8" },
      "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
    ],
  ])("%s", (_, change, expected) => {
    expect(createStatement('a"b', { ...properties, ...change }, 170_000)).toContain(expected);
    expect(createStatement('a"b', properties, 140_000)).toMatch(
      /^CREATE DATABASE "a""b" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '\S+' LC_CTYPE '\S+' TABLESPACE /,
    );
  });
});

describe("what a dump does not hold", () => {
  const grant = { grantor: "owner", grantee: "", privilege: "CONNECT", grantable: false };
  const list = { role: "", name: "search_path", value: '"$user", public' };
  test.each<[string, Partial<DatabaseProperties>, string]>([
    ["owner", {}, 'OWNER TO "Lehrer & Söhne"'],
    ["comment", { comment: "it's" }, "IS 'it''s'"],
    ["grant to all", { grants: [grant] }, 'GRANT CONNECT ON DATABASE "db" TO PUBLIC;'],
    ["grant option", { grants: [{ ...grant, grantee: "a", grantable: true }] }, 'TO "a" WITH GRANT OPTION'],
    ["nobody's grants", { grants: [] }, 'REVOKE ALL ON DATABASE "db" FROM PUBLIC'],
    ["setting", { settings: [{ role: "", name: "work_mem", value: "8MB" }] }, `SET "work_mem" TO '8MB'`],
    [
      "role's setting",
      { settings: [{ ...list, role: "a" }] },
      'ALTER ROLE "a" IN DATABASE "db" SET "search_path" FROM CURRENT',
    ],
    ["list", { settings: [list] }, `set_config('search_path', '"$user", public', false)`],
    [
      "extension's setting",
      { settings: [{ role: "", name: "app.mode", value: "x" }] },
      `SET "app"."mode" TO 'x'`,
    ],
  ])("%s", (_, change, expected) => {
    expect(propertyStatements("db", { ...properties, ...change }).join("\n")).toContain(expected);
  });

  test("differences are named, the order of grants and settings is none", () => {
    const other = { ...grant, grantee: "b" };
    const both = { ...properties, grants: [grant, other] };
    expect(differingProperties(both, { ...properties, grants: [other, grant] })).toEqual([]);
    const [ofA, ofB] = [
      { ...list, role: "a" },
      { ...list, role: "b" },
    ];
    const set = (...settings: DatabaseProperties["settings"]) => ({ ...properties, settings });
    expect(differingProperties(set(ofA, ofB), set(ofB, ofA))).toEqual([]);
    expect(differingProperties(set(ofA, ofB), set(ofA))).toEqual(["settings differ in search_path of b"]);
    const secret = { role: "", name: "app.jwt_secret", value: "geheim" };
    expect(differingProperties(set(secret), set({ ...secret, value: "other" }))).toEqual([
      "settings differ in app.jwt_secret",
    ]);
    expect(differingProperties(properties, { ...properties, owner: "x" })).toEqual([
      'owner is "x" instead of "Lehrer & Söhne"',
    ]);
    const icu = (providerLocale: string) => ({ ...properties, provider: "i", providerLocale });
    expect(differingProperties(icu("de_DE"), icu("de-DE"))).toEqual([]);
    expect(differingProperties(icu("de_DE"), { ...icu("de-DE"), owner: "x" })).toHaveLength(1);
    expect(differingProperties(icu("de_DE"), icu("de-AT"))).toEqual([
      'providerLocale is "de-AT" instead of "de_DE"',
    ]);
  });
});

test("only the roles that are missing are taken from the roles file, without their grantor", () => {
  const sql = [
    "CREATE ROLE app;",
    "ALTER ROLE app WITH SUPERUSER;",
    'CREATE ROLE "Söhne & Co";',
    `ALTER ROLE "Söhne & Co" WITH LOGIN PASSWORD 'SCRAM';`,
    'GRANT app TO "Söhne & Co" WITH ADMIN OPTION GRANTED BY app;',
    'GRANT "GRANTED BY" TO "Söhne & Co" GRANTED BY "WITH ADMIN OPTION";',
    'GRANT other TO "Söhne & Co" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE GRANTED BY app;',
    'GRANT app TO "Söhne & Co2" GRANTED BY app;',
  ].join("\n");
  expect(missingRoles(sql, ["app", "other", "GRANTED BY"])).toEqual([
    {
      written: '"Söhne & Co"',
      statements: [
        'CREATE ROLE "Söhne & Co";',
        `ALTER ROLE "Söhne & Co" WITH LOGIN PASSWORD 'SCRAM';`,
        'GRANT app TO "Söhne & Co" WITH ADMIN OPTION;',
        'GRANT "GRANTED BY" TO "Söhne & Co";',
        'GRANT other TO "Söhne & Co" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;',
      ],
      memberOf: [],
    },
  ]);
});

describe("a dump from an unknown source", () => {
  /** For any division into pieces. */
  const confined = (dump: string, restrict = true, size = dump.length) => {
    const confinement = new Confinement(restrict);
    let passed = "";
    for (let at = 0; at < dump.length; at += size) passed += confinement.take(dump.slice(at, at + size));
    return passed + confinement.end();
  };
  const rows = "x\n".repeat(10_000);

  test.each([
    ["old", `--\n${rows}-- PostgreSQL database dump complete\n--\n\n`],
    [
      "restricted itself",
      `--\n\\restrict own\n${rows}-- PostgreSQL database dump complete\n--\n\n\\unrestrict own\n\n`,
    ],
    ["short", "--\n\\restrict own\nselect 1;\n\\unrestrict own\n\n"],
  ])("%s: runs under a key that its author cannot know", (_, dump) => {
    for (const size of [dump.length, 5_000, 100, 7]) {
      const result = confined(dump, true, size);
      expect(result).toMatch(/^\\restrict [0-9a-f]{32}\n--\n/);
      expect(result).not.toContain("own");
      expect(confined(dump, false, size)).not.toContain("restrict");
    }
  });

  test("a release in the middle stays, and psql refuses it", () => {
    expect(confined(`--\n\\restrict own\n\\unrestrict own\n\\! id\n${rows}`)).toContain(
      "\n\\unrestrict own\n\\! id",
    );
  });
});

test("space for a second database: its size and its text, as far as known", () => {
  expect(neededSideBySide({ manifest: null, uncompressedBytes: 10 })).toBe(30 + 2 ** 25);
});

describe("space for a restore in place, besides the room of the live database", () => {
  const files = 2 ** 25;
  const of = (databaseBytes: number) => ({
    manifest: { databaseBytes } as Manifest,
    uncompressedBytes: databaseBytes / 2,
  });
  const log = { room: 1_500, sameFileSystem: true };
  test.each<[string, number, number, Parameters<typeof neededInPlace>[2], number]>([
    ["the log of a load, which is as large as the database", 300, 300, log, 300 + files],
    ["no more of it than the server lets grow, less what is there", 9_000, 9_000, log, 1_500 + files],
    ["all of it where an archive or a standby keeps it", 9_000, 9_000, { ...log, room: null }, 9_000 + files],
    ["none where it lies elsewhere", 9_000, 8_000, { ...log, sameFileSystem: false }, 1_000],
    ["all of it where nothing is known of it", 300, 300, null, 300 + files],
    ["that of the backup, which may have to come back, where the file is small", 10, 800, log, 800 + files],
    ["what is larger, too", 900, 300, log, 600 + 900 + files],
  ])("%s", (_, restored, liveBytes, known, needed) => {
    expect(neededInPlace(of(restored), { liveBytes }, known)).toBe(needed);
  });
});

describe("the settings that a dump is loaded under", () => {
  const of = (role: string, name: string, value = "x") => ({ role, name, value });
  const wanted = { settings: [of("", "timezone", "UTC")] };
  test("those of the backup for every session and for the one that loads, but not who it is", () => {
    const settings = [
      of("", "timezone"),
      of("app", "datestyle"),
      of("other", "work_mem"),
      of("", "Role"),
      of("app", "role"),
    ];
    expect(settingsOfLoad({ properties: { settings } }, wanted, "app", { settings: [] })).toEqual([
      of("", "timezone"),
      of("app", "datestyle"),
    ]);
  });
  test.each([[null], [{ properties: null }]])(
    "without a manifest that says them those of the new database",
    (manifest) => {
      expect(settingsOfLoad(manifest, wanted, "app", { settings: [] })).toEqual(wanted.settings);
    },
  );
});
