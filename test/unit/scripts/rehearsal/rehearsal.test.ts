import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import type { RehearsalRecord } from "../../../../scripts/contract/rehearsal-record.ts";
import type { LiveFacts } from "../../../../scripts/lib/rehearsal/live-facts.ts";
import {
  bootstrapUser,
  rolesScript,
  tablespaces,
  trialServerSettings,
} from "../../../../scripts/lib/rehearsal/trial-server.ts";
import { readRehearsals, writeRehearsal } from "../../../../scripts/lib/store/rehearsals.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rehearsal-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const record = (stem: string, startedAt: string): RehearsalRecord => ({
  version: 1,
  runId: "20261122T043000-abcdef",
  archive: `${stem}.sql.gz`,
  archiveSha256: "a".repeat(64),
  startedAt,
  durationSeconds: 5,
  restoreSeconds: 2,
  where: "container",
  compared: "full",
  result: "equal",
  differences: [],
  error: null,
});

test("records replace older ones and are read newest rehearsal first, those of other databases and other files left out", () => {
  const write = (stem: string, startedAt: string) =>
    writeRehearsal(directory, stem, join(directory, ".temporary"), record(stem, startedAt));
  write("shop_20261120_020000", "2026-11-20T04:30:00Z");
  write("shop_20261121_020000", "2026-11-21T04:30:00Z");
  write("shop_20261120_020000", "2026-11-22T04:30:00Z");
  write("shop_two_20261121_020000", "2026-11-23T04:30:00Z");
  writeFileSync(join(directory, "shop_20261119_020000.rehearsal.json"), "{");
  const other = JSON.stringify(record("shop_20261121_020000", "2026-11-24T04:30:00Z"));
  writeFileSync(join(directory, "shop_20261118_020000.rehearsal.json"), other);
  mkdirSync(join(directory, "shop_20261117_020000.rehearsal.json"));
  expect(readRehearsals(directory, "shop").map(({ archive, startedAt }) => [archive, startedAt])).toEqual([
    ["shop_20261120_020000.sql.gz", "2026-11-22T04:30:00Z"],
    ["shop_20261121_020000.sql.gz", "2026-11-21T04:30:00Z"],
  ]);
  expect(readdirSync(directory)).not.toContain(".temporary");
  expect(statSync(join(directory, "shop_20261120_020000.rehearsal.json")).mode & 0o777).toBe(0o600);
  expect(readRehearsals(join(directory, "none"), "shop")).toEqual([]);
});

const role = (name: string, ...attributes: string[]) => ({
  name,
  attributes,
  connectionLimit: -1,
  validUntil: null,
  memberOf: [],
});

const manifest = (roles: object[], extensions: string[] = []) =>
  ({
    content: { roles, extensions: extensions.map((name) => ({ name, version: "1" })) },
  }) as unknown as Manifest;

test.each([
  [
    "the configured user, a superuser",
    manifest([role("postgres", "SUPERUSER"), role("app", "SUPERUSER")]),
    "app",
  ],
  [
    "another superuser, when the configured user is none",
    manifest([role("app"), role("root", "SUPERUSER")]),
    "root",
  ],
  ["the configured user, when no superuser is known", manifest([role("app")]), "app"],
  ["the configured user, when nothing is known", null, "app"],
])("the cluster is made by %s", (_, known, expected) => {
  expect(bootstrapUser(known, "app")).toBe(expected);
});

test("the roles are made as they were, but for the one that is there and for grantors", () => {
  const roles = [
    "CREATE ROLE app;",
    "ALTER ROLE app WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$x';",
    'CREATE ROLE "app two";',
    'GRANT "app two" TO other WITH ADMIN OPTION, INHERIT TRUE GRANTED BY "the ""boss""";',
    "GRANT app TO other GRANTED BY app;",
    "ALTER ROLE other SET note TO ' GRANTED BY app;';",
  ];
  expect(rolesScript(roles.join("\n"), "app").split("\n")).toEqual([
    roles[1],
    roles[2],
    'GRANT "app two" TO other WITH ADMIN OPTION, INHERIT TRUE;',
    "GRANT app TO other;",
    roles[5],
  ]);
  expect(rolesScript(roles.join("\n"), "app two")).not.toContain('CREATE ROLE "app two"');
});

const live = {
  preloaded: ["pg_stat_statements", "pg_cron", "auto_explain"],
} as unknown as LiveFacts;

test("what an extension of the backup needs is preloaded, and no other library", () => {
  const lines = trialServerSettings(2 ** 29, manifest([], ["pg_cron", "plpgsql"]), live).split("\n");
  expect(lines).toContain("shared_preload_libraries = 'pg_cron'");
  expect(lines.join()).not.toMatch(/auto_explain|pg_stat_statements/);
  expect(lines).toContain("listen_addresses = ''");
});

test("memory is a part of the container's, however small", () => {
  expect(trialServerSettings(2 ** 30, null, null)).toContain("shared_buffers = '128MB'\n");
  expect(trialServerSettings(2 ** 20, null, null)).toContain("shared_buffers = '16MB'\n");
});

test("tablespaces are in the rehearsal's directory, with any names", () => {
  expect(tablespaces(['"odd"', "b"], "/r")).toEqual({
    paths: ["/r/tablespace-0", "/r/tablespace-1"],
    sql: `CREATE TABLESPACE """odd""" LOCATION '/r/tablespace-0';\nCREATE TABLESPACE "b" LOCATION '/r/tablespace-1';`,
  });
});
