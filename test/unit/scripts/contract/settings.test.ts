import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverSettings } from "../../../../infra/server-files/server-settings.ts";
import { compressionNames, highestLevels } from "../../../../scripts/contract/compressions.ts";
import { compressionIn, compressionSettings } from "../../../../scripts/contract/settings.ts";
import { readSettings, SettingsError } from "../../../../scripts/lib/program/settings.ts";
import { serverPlanOf } from "../../infra/plans.ts";

const settings = serverSettings(serverPlanOf(), { stack: "database-backups/prod", programsVersion: "1" });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "settings-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function written(value: unknown): string {
  const path = join(directory, "config.json");
  writeFileSync(path, JSON.stringify(value));
  return path;
}

/** The settings with one more property in each mapping. */
const withMore = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(withMore)
    : typeof value === "object" && value !== null
      ? {
          ...Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withMore(one)])),
          ofTheNextVersion: 1,
        }
      : value;

test("programs read the settings of a later version, which has more of them", () => {
  expect(readSettings(written(withMore(settings)))).toEqual(settings);
});

test("settings of a version before zstd mean gzip", () => {
  expect(compressionIn(readSettings(written(settings)))).toEqual({ compression: "gzip", level: 1 });
  const best = readSettings(written({ ...settings, zstdLevel: 19 }));
  expect(compressionIn(best)).toEqual({ compression: "zstd", level: 19 });
  expect(() => readSettings(written({ ...settings, zstdLevel: 20 }))).toThrow(/zstdLevel: /);
});

test("every problem of the settings is named with its place", () => {
  const broken = { ...settings, server: 1, databases: [{ ...settings.databases[0], dataDirectory: "data" }] };
  const path = written(broken);
  expect(() => readSettings(path)).toThrow(SettingsError);
  expect(() => readSettings(path)).toThrow(/server: .*databases\.0\.dataDirectory: must be an absolute path/);
});

test.each(compressionNames)(
  "%s is chosen by settings of each of its levels, and of none above",
  (compression) => {
    const at = (level: number) =>
      readSettings(written({ ...settings, ...compressionSettings(compression, level, 5) }));
    for (let level = 1; level <= highestLevels[compression]; level += 1)
      expect(compressionIn(at(level))).toEqual({ compression, level });
    expect(() => at(highestLevels[compression] + 1)).toThrow(/evel: /);
    // Programs of the previous version accept these.
    expect(at(2).compressionLevel).toBe(compression === "gzip" ? 2 : 5);
  },
);
