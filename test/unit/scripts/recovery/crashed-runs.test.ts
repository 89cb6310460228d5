import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { lockDatabase } from "../../../../scripts/lib/recovery/crashed-runs.ts";
import { writeManifest } from "../../../../scripts/lib/store/manifest.ts";
import { partialPath } from "../../../../scripts/lib/store/partial-files.ts";
import { quietRun } from "../postgres/runs.ts";
import { backup, settings } from "../status/observations.ts";

const directory = mkdtempSync(join(tmpdir(), "crashed-runs-"));
afterAll(() => rmSync(directory, { recursive: true }));

const here = { ...settings, paths: { ...settings.paths, backups: directory, locks: directory } };
const crashed = "20261122T020000-4f2a1b";
const runId = "20261122T030000-000001";
const database = {
  name: "shop",
  container: "shop-db",
  database: "shop_production",
  user: "shop",
  dataDirectory: directory,
};

const dump = (row: string, compress: (text: string) => Buffer = gzipSync) =>
  compress(
    `--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\nCOPY t (a) FROM stdin;\n${row}\n\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n`,
  );

function describe(stem: string, content: Buffer, change: Partial<Manifest> = {}): void {
  const { manifest } = backup({ hoursAgo: 0 });
  if (manifest === null) throw new Error("the backup has no manifest");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const archive = { ...manifest.archive, file: `${stem}.sql.gz`, bytes: content.length, sha256 };
  writeManifest(join(directory, `${stem}.json`), { ...manifest, runId: crashed, archive, ...change });
}

test.each<[string, Partial<Manifest>]>([
  ["what the crashed run adopted", { adopted: true }],
  ["another of its manifests whose archive is there", {}],
])("a backup that lacked only its renames is finished, beside %s", async (_, change) => {
  const early = "shop_20200101_000000";
  const stem = "shop_20261122_020000";
  const [old, whole] = [dump("old"), dump("whole")];
  writeFileSync(join(directory, `${early}.sql.gz`), old);
  describe(early, old, change);
  writeFileSync(partialPath(directory, "shop", crashed, "sql.gz"), whole);
  describe(stem, whole);
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const lock = await lockDatabase(quietRun({ settings: here, database, runId, log }));
  lock.release();
  const files = [early, stem].flatMap((name) => [`${name}.json`, `${name}.sql.gz`]);
  expect(readdirSync(directory).filter((name) => /json|sql/.test(name))).toEqual(files);
  for (const name of files) rmSync(join(directory, name));
});

test("a zstd backup that only lacked its renames is finished, with any present settings", async () => {
  const stem = "shop_20261122_020000";
  const whole = dump("whole", zstdCompressSync);
  writeFileSync(partialPath(directory, "shop", crashed, "sql.zst"), whole);
  const { manifest } = backup({ hoursAgo: 0 });
  if (manifest === null) throw new Error("the backup has no manifest");
  const sha256 = createHash("sha256").update(whole).digest("hex");
  const archive = { ...manifest.archive, file: `${stem}.sql.zst`, format: "plain-zstd" as const };
  describe(stem, whole, { archive: { ...archive, bytes: whole.length, sha256 } });
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const lock = await lockDatabase(quietRun({ settings: here, database, runId, log }));
  lock.release();
  const files = [`${stem}.json`, `${stem}.sql.zst`];
  expect(readdirSync(directory).filter((name) => /json|sql/.test(name))).toEqual(files);
  for (const name of files) rmSync(join(directory, name));
});

test("an unfinished zstd archive without a manifest is removed", async () => {
  writeFileSync(partialPath(directory, "shop", crashed, "sql.zst"), "begun");
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const lock = await lockDatabase(quietRun({ settings: here, database, runId, log }));
  lock.release();
  expect(readdirSync(directory).filter((name) => /json|sql/.test(name))).toEqual([]);
});
