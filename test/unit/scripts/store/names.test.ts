import fc from "fast-check";
import { expect, test } from "vitest";
import {
  archiveName,
  archiveNames,
  backupName,
  parseBackupName,
  parseStem,
} from "../../../../scripts/contract/backup-names.ts";
import { versionNumber } from "../../../../scripts/lib/archive/dump-endings.ts";
import { newRunId, runIdPattern } from "../../../../scripts/lib/base/run-id.ts";
import { connectionString, identifier, literal } from "../../../../scripts/lib/postgres/sql.ts";
import { parsePartialName, partialName } from "../../../../scripts/lib/store/partial-files.ts";

const databases = fc.stringMatching(/^[a-z0-9_]{1,30}$/);
const times = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });

test("every backup's name can be read back", () => {
  fc.assert(
    fc.property(databases, times, (database, time) => {
      const name = backupName(database, time);
      expect(parseStem(name.stem)).toEqual(name);
      expect(parseBackupName(archiveName(name.stem, "gzip"))).toEqual(name);
      expect(parseBackupName(archiveName(name.stem, "zstd"))).toEqual(name);
      expect(archiveNames(name.stem)).toEqual([`${name.stem}.sql.gz`, `${name.stem}.sql.zst`]);
    }),
  );
});

test.each([
  ".a_20250816_155503.sql.gz",
  "a_20250816_155503.sql",
  "a_20250816_155503sql.gz",
  "a_20250816_155503.sql.zstd",
  "a_20250816_155503.sql.gz.sql.zst",
  "a_20250816.sql.gz",
  "A_20250816_155503.sql.gz",
  "a_20250816_155503.sql.gz.old",
])("%s is no backup's name", (fileName) => {
  expect(parseBackupName(fileName)).toBeNull();
});

test("every unfinished file's name can be read back and is no backup's", () => {
  fc.assert(
    fc.property(
      databases,
      times,
      fc.constantFrom("sql.gz", "sql.zst", "roles.sql", "json"),
      (database, time, kind) => {
        const runId = newRunId(time);
        const fileName = partialName(database, runId, kind);
        expect(runId).toMatch(new RegExp(`^${runIdPattern}$`));
        expect(parsePartialName(fileName)).toEqual({ database, runId, kind });
        expect(parseBackupName(fileName)).toBeNull();
      },
    ),
  );
});

test.each([
  ["15.18 (Debian 15.18-1.pgdg120+1)", 150018],
  ["9.6.24", 90624],
  ["18beta1", 180000],
  ["unknown", null],
])("version %s is %s", (text, number) => {
  expect(versionNumber(text)).toBe(number);
});

test.each([
  [literal("it's"), "'it''s'"],
  [literal("back\\slash'"), " E'back\\\\slash'''"],
  [identifier('a "b"'), '"a ""b"""'],
  [connectionString("it's = \\ x"), "dbname='it\\'s = \\\\ x'"],
])("quoted: %s", (quoted, expected) => {
  expect(quoted).toBe(expected);
});
