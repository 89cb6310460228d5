import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { adoptArchives } from "../../../scripts/lib/adoption.ts";
import { openLog } from "../../../scripts/lib/log.ts";
import type { Settings } from "../../../scripts/lib/settings.ts";
import { settings } from "./status-observations.ts";

const directory = mkdtempSync(join(tmpdir(), "adoption-"));
afterAll(() => rmSync(directory, { recursive: true }));

const runId = "20261122T020000-4f2a1b";
const database = {
  name: "app",
  container: "app-db",
  database: "app_production",
  user: "app",
  dataDirectory: directory,
};
const packing = { gz: gzipSync, zst: zstdCompressSync };
const dump = (content: string) =>
  `--\n-- PostgreSQL database dump\n--\n\n${content}\n\n--\n-- PostgreSQL database dump complete\n--\n\n`;

test.each([
  ["a whole dump", "20250816_155501", "gz", "CREATE TABLE t (a int);", true],
  ["a dump that drops its database", "20250816_155502", "gz", "DROP DATABASE app_production;", false],
  ["a dump that connects by itself", "20250816_155503", "gz", "\\connect app_production", false],
  ["a whole dump of zstd", "20250816_155504", "zst", "CREATE TABLE t (a int);", true],
  [
    "a dump of zstd that drops its database",
    "20250816_155505",
    "zst",
    "DROP DATABASE app_production;",
    false,
  ],
] as const)("%s: adopted is %4$s", async (_what, stamp, kind, content, adopted) => {
  const stem = join(directory, `app_${stamp}`);
  writeFileSync(`${stem}.sql.${kind}`, packing[kind](dump(content)));
  const here = { ...settings, paths: { ...settings.paths, backups: directory } };
  const files = await adopt(here);
  expect(files.includes(`app_${stamp}.sql.${kind}`)).toBe(adopted);
  expect(existsSync(`${stem}.json`)).toBe(adopted);
  if (!adopted) return;
  const { archive } = JSON.parse(readFileSync(`${stem}.json`, "utf8"));
  expect(archive.format).toBe(kind === "gz" ? "plain-gzip" : "plain-zstd");
});

test("of two archives that one manifest would have to describe one is adopted, and the other left alone for good", async () => {
  const backups = join(directory, "both");
  mkdirSync(backups);
  const stem = join(backups, "app_20250816_155501");
  for (const kind of ["gz", "zst"] as const) writeFileSync(`${stem}.sql.${kind}`, packing[kind](dump("")));
  const here = { ...settings, paths: { ...settings.paths, backups } };
  const [adopted, ...more] = await adopt(here);
  expect(more).toEqual([]);
  expect(JSON.parse(readFileSync(`${stem}.json`, "utf8")).archive.file).toBe(adopted);
  expect(await adopt(here)).toEqual([]);
  expect(readFileSync(join(directory, "log"), "utf8")).toMatch(
    /is left alone: its manifest is not right: it describes app_20250816_155501\.sql\.(gz|zst)\n/,
  );
});

async function adopt(here: Settings): Promise<string[]> {
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const files = await adoptArchives(here, database, { runId, log, signal: new AbortController().signal });
  log.close();
  return files;
}
