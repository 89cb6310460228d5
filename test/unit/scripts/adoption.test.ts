import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { adoptArchives } from "../../../scripts/lib/adoption.ts";
import { openLog } from "../../../scripts/lib/log.ts";
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
const dump = (content: string) =>
  `--\n-- PostgreSQL database dump\n--\n\n${content}\n\n--\n-- PostgreSQL database dump complete\n--\n\n`;

test.each([
  ["a whole dump", "20250816_155501", "CREATE TABLE t (a int);", true],
  ["a dump that drops its database", "20250816_155502", "DROP DATABASE app_production;", false],
  ["a dump that connects by itself", "20250816_155503", "\\connect app_production", false],
])("%s: adopted is %3$s", async (_what, stamp, content, adopted) => {
  const stem = join(directory, `app_${stamp}`);
  writeFileSync(`${stem}.sql.gz`, gzipSync(dump(content)));
  const here = { ...settings, paths: { ...settings.paths, backups: directory } };
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const files = await adoptArchives(here, database, { runId, log, signal: new AbortController().signal });
  log.close();
  expect(files.includes(`app_${stamp}.sql.gz`)).toBe(adopted);
  expect(existsSync(`${stem}.json`)).toBe(adopted);
});
