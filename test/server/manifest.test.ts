import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Content } from "../../scripts/contract/content.ts";
import type { Manifest } from "../../scripts/contract/manifest.ts";
import { contentDifferences, contentNotes } from "../../scripts/lib/content/differences.ts";
import { readContent } from "../../scripts/lib/content/read-content.ts";
import { Server } from "../../scripts/lib/postgres/server.ts";
import { docker } from "../sandbox/docker.ts";
import { type BackupServer, startBackupServer } from "./backup-server.ts";

let server: BackupServer;
let manifest: Manifest;
let restored: string;

const schema = readFileSync(join(import.meta.dirname, "manifest-schema.sql"), "utf8");

beforeAll(async () => {
  server = await startBackupServer();
  await giveExtension();
  await server.sandbox.psql(schema);
  ({ manifest, restored } = await backedUpAndRestored());
});
afterAll(() => server?.remove());

/** An extension with its own rows and rows of its users in one table, like PostGIS. */
async function giveExtension(): Promise<void> {
  const control = "default_version = '1.0'\\nrelocatable = true\\n";
  const script = [
    "CREATE TABLE units (name text PRIMARY KEY, factor numeric, ours boolean DEFAULT false);",
    "CREATE SEQUENCE unit_numbers;",
    "INSERT INTO units VALUES (''metre'', 1, true);",
    "SELECT pg_extension_config_dump(''units'', ''WHERE NOT ours'');",
    "SELECT pg_extension_config_dump(''unit_numbers'', '''');",
    "CREATE TABLE unit_cache (name text);",
  ].join("\\n");
  const write = `cd "$(pg_config --sharedir)/extension" && printf "${control}" >units.control && printf "${script.replaceAll("''", "'")}" >units--1.0.sql`;
  await docker(["exec", server.sandbox.container, "sh", "-c", write]);
  await server.sandbox.psql(
    "CREATE EXTENSION units; INSERT INTO units VALUES ('mile', 1609); INSERT INTO unit_cache VALUES ('x'); SELECT nextval('unit_numbers')",
  );
}

async function backedUpAndRestored(): Promise<{ manifest: Manifest; restored: string }> {
  const result = await server.backUp("--quiet");
  if (result.code !== 0) throw new Error(result.stderr);
  const archive = (await server.files()).findLast((file) => file.endsWith(".sql.gz")) ?? "";
  return { manifest: await server.manifest(archive), restored: await server.restoreByStockTools(archive) };
}

const contentOf = (dbname: string, proof: Content["proof"] = "full"): Promise<Content> => {
  const [database] = server.settings.databases;
  if (database === undefined) throw new Error("there is no database");
  return readContent(new Server(database, { applicationName: "manifest-test", dbname }), proof);
};

let known: Content;

/** The differences caused by a change of the restored database. */
async function differencesAfter(sql: string): Promise<string[]> {
  await server.sandbox.psql(sql, restored);
  const before = known;
  known = await contentOf(restored);
  return contentDifferences(before, known);
}

test("the manifest equals the restored database, and has no password", async () => {
  known = await contentOf(restored);
  expect(known).toEqual(manifest.content);
  const { content } = manifest;
  expect(content?.tables).toContainEqual(
    expect.objectContaining({ name: "units", rows: 1, extension: "units" }),
  );
  expect(content?.tables.map(({ name }) => name)).not.toContain("unit_cache");
  expect(content?.tables.map(({ name }) => name)).not.toContain("visits");
  expect(content?.largeObjects).toMatchObject({ count: 5, bytes: 32_400 + 303_000 });
  expect(content?.roles.map(({ name }) => name)).toContain("Lehrer & Söhne");
  expect(manifest).toMatchObject({
    server: server.settings.server,
    host: (await server.sandbox.run("hostname")).stdout.trim(),
    properties: {
      encoding: "UTF8",
      collate: "en_US.utf8",
      comment: expect.stringContaining("library"),
      settings: expect.arrayContaining([{ role: "", name: "statement_timeout", value: "5min" }]),
    },
  });
  expect(JSON.stringify(manifest)).not.toMatch(/SCRAM|md5[0-9a-f]{32}/i);
});

describe("one change is one difference", () => {
  test.each<[string, string, string[]]>([
    ["nothing", "SELECT 1", []],
    [
      "one value of one row",
      "UPDATE lessons SET title = title || ' ' WHERE id = 7",
      ["public.lessons: same number of rows (1,200), other content"],
    ],
    [
      "a last digit",
      "UPDATE every_type SET double = double + 1e-15 WHERE id = 3",
      ["public.every_type: same number of rows (203), other content"],
    ],
    [
      "two rows' values swapped",
      "UPDATE blanks b SET value = o.value FROM blanks o WHERE b.id + o.id = 11",
      ["public.blanks: same number of rows (6), other content"],
    ],
    [
      "an empty text instead of none",
      "UPDATE blanks SET value = '' WHERE value IS NULL",
      ["public.blanks: same number of rows (6), other content"],
    ],
    [
      "one row twice, another not at all",
      "DELETE FROM visit_marks; DROP RULE no_marks ON visit_marks; DELETE FROM visit_marks WHERE visit_id = 1; INSERT INTO visit_marks SELECT * FROM visit_marks WHERE visit_id = 2; CREATE RULE no_marks AS ON DELETE TO visit_marks DO INSTEAD NOTHING",
      ["public.visit_marks: same number of rows (20), other content"],
    ],
    [
      "two of ten equal rows exchanged for two equal others",
      "DELETE FROM duplicates WHERE ctid IN (SELECT ctid FROM duplicates LIMIT 2); INSERT INTO duplicates VALUES (2, 'same'), (2, 'same')",
      ["public.duplicates: same number of rows (10), other content"],
    ],
    [
      "a missing row",
      "DELETE FROM queue; DELETE FROM misleading WHERE value = E'\\\\.'",
      ["public.misleading had 3 rows, it has 2"],
    ],
    ["a row too many", "INSERT INTO no_columns DEFAULT VALUES", ["public.no_columns had 1 row, it has 2"]],
    [
      "a partition's row",
      "UPDATE visits SET note = 'x' WHERE id = 1",
      ["public.visits_2025: same number of rows (42), other content"],
    ],
    [
      "an extension's row",
      "UPDATE units SET factor = 1 WHERE name = 'mile'",
      ["public.units: same number of rows (1), other content"],
    ],
    ["an unlogged table emptied", "TRUNCATE unlogged", ["public.unlogged had 30 rows, it has 0"]],
    [
      "a sequence used",
      "SELECT nextval('untouched')",
      ["sequence public.untouched is at 77, which was not given out and is given out"],
    ],
    [
      "a sequence set back",
      "SELECT setval('courses_id_seq', 1)",
      ["sequence public.courses_id_seq was at 90, it is at 1"],
    ],
    [
      "a byte of a large object",
      "SELECT lo_put(900001, 150000, 'x')",
      ["large objects: same number (5), other content"],
    ],
    [
      "a large object longer by a zero",
      "SELECT lo_put(900002, 0, '\\x00')",
      ["large objects: same number (5), other content"],
    ],
    [
      "a large object less",
      "SELECT lo_unlink(900002)",
      ["there were 5 large objects, there are 4", "1 grant is missing"],
    ],
    ["an extension less", "DROP EXTENSION pgcrypto", ["extension pgcrypto 1."]],
    ["an index less", "DROP INDEX index_users_on_settings", ["1 index is missing"]],
    [
      "an index of another name",
      "ALTER INDEX index_users_on_lower_email RENAME TO users_email",
      ["indexes: same number"],
    ],
    [
      "a constraint less",
      "ALTER TABLE lessons DROP CONSTRAINT positive_position",
      ["1 constraint is missing"],
    ],
    [
      "a constraint that was not valid",
      "ALTER TABLE courses VALIDATE CONSTRAINT not_checked",
      ["constraints: same number", "1 not valid constraint is missing: had 1, has 0"],
    ],
    [
      "a view less",
      "DROP VIEW expensive",
      ["1 view is missing", "columns are missing", "1 owner is missing", "1 grant is missing"],
    ],
    [
      "a function's body",
      "CREATE OR REPLACE FUNCTION unchanged() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
      ["functions: same number"],
    ],
    ["a trigger less", "DROP TRIGGER touch ON courses", ["1 trigger is missing"]],
    ["a trigger switched on", "ALTER TABLE courses ENABLE TRIGGER disabled", ["triggers: same number"]],
    ["a label of a type", "ALTER TYPE mood ADD VALUE 'angry'", ["types: same number"]],
    ["a policy less", "DROP POLICY own_row ON users", ["1 policy is missing"]],
    ["row security off", "ALTER TABLE users DISABLE ROW LEVEL SECURITY", ["tables: same number"]],
    ["a column's type", "ALTER TABLE queue ALTER value TYPE varchar(9)", ["columns: same number"]],
    ["a value that may be missing", "ALTER TABLE users ALTER name DROP NOT NULL", ["columns: same number"]],
    ["a grant less", "REVOKE UPDATE (title) ON courses FROM reporting", ["1 grant is missing"]],
    ["a grant more", "GRANT SELECT ON users TO PUBLIC", ["grants were not there"]],
    ["a grant restored to all", "GRANT EXECUTE ON FUNCTION unchanged() TO PUBLIC", ["1 grant is missing"]],
    [
      "a schema open to all",
      "GRANT CREATE ON SCHEMA public TO PUBLIC",
      ["public schema grants were not there"],
    ],
    [
      "default privileges",
      "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM reporting",
      ["1 default privilege is missing"],
    ],
    ["an owner", "ALTER TABLE users OWNER TO reporting", ["owners: same number"]],
    ["a comment", "COMMENT ON COLUMN courses.title IS 'x'", ["comment texts: same number"]],
    ["a schema more", "CREATE SCHEMA extra", ["schemas were not there", "owners were not there"]],
    [
      "a partition detached",
      "ALTER TABLE visits DETACH PARTITION visits_2026",
      ["columns: same number", "1 inheritance is missing", "constraints were not there"],
    ],
  ])("%s", async (_, sql, expected) => {
    const wrong = await differencesAfter(sql);
    expect(wrong).toEqual(expected.map((words) => expect.stringContaining(words)));
  });
});

const foreignSettings = [
  "DateStyle = 'German, DMY'",
  "TimeZone = 'Asia/Kathmandu'",
  "IntervalStyle = iso_8601",
  "extra_float_digits = -5",
  "bytea_output = escape",
  "xmlbinary = hex",
  "lc_monetary = 'en_US.utf8'",
  "search_path = public, pg_catalog",
  "quote_all_identifiers = on",
  "standard_conforming_strings = off",
  "default_transaction_isolation = serializable",
  "default_transaction_read_only = on",
];

test.each([
  [
    "written in another order",
    "CLUSTER lessons USING index_lessons_on_course_id_and_position; CLUSTER users USING users_pkey",
  ],
  ["rewritten", "VACUUM FULL every_type; VACUUM FULL courses"],
  [
    "deleted and put back",
    "CREATE TEMP TABLE kept AS SELECT * FROM blanks; DELETE FROM blanks; INSERT INTO blanks SELECT * FROM kept ORDER BY id DESC",
  ],
  [
    "changed and changed back",
    "UPDATE blanks SET value = value || 'x'; UPDATE blanks SET value = left(value, -1)",
  ],
  [
    "in columns of other numbers",
    "ALTER TABLE misleading ADD COLUMN copy text; UPDATE misleading SET copy = value; ALTER TABLE misleading DROP COLUMN value; ALTER TABLE misleading RENAME COLUMN copy TO value",
  ],
  ["with statistics", "ANALYZE; REFRESH MATERIALIZED VIEW course_statistics"],
  [
    "with large objects written again",
    "CREATE TEMP TABLE kept AS SELECT lo_get(900001) AS bytes; SELECT lo_put(900001, 0, bytes) FROM kept",
  ],
  [
    "in a database set otherwise",
    foreignSettings.map((setting) => `ALTER DATABASE :"DBNAME" SET ${setting}`).join("; "),
  ],
])("equal content is equal %s", async (_, sql) => {
  expect(await differencesAfter(sql)).toEqual([]);
});

test("a comparison of row counts, if configured, finds no changed value", async () => {
  await server.configure({ ...server.settings, manifest: "rows" });
  const { manifest: rows } = await backedUpAndRestored();
  await server.configure(server.settings);
  const { content } = rows;
  expect(new Set(content?.tables.map(({ hash }) => hash))).toEqual(new Set([null]));
  expect(content?.largeObjects).toEqual({ count: 5, bytes: null, hash: null });
  if (content === null) throw new Error("the manifest says nothing of the content");
  const present = await contentOf(server.sandbox.database);
  expect(contentDifferences(content, present)).toEqual([]);
  expect(contentNotes(content, present)).toEqual([]);
  await server.sandbox.psql("UPDATE blanks SET value = 'changed'");
  expect(contentDifferences(content, await contentOf(server.sandbox.database))).toEqual([]);
  await server.sandbox.psql("DELETE FROM blanks WHERE id = 1");
  expect(contentDifferences(content, await contentOf(server.sandbox.database))).toEqual([
    "public.blanks had 6 rows, it has 5",
  ]);
});
