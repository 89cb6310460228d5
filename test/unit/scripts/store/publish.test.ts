import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import { commit, freeName, partialPath, removePartials } from "../../../../scripts/lib/store/publish.ts";

const directory = mkdtempSync(join(tmpdir(), "commit-"));
afterAll(() => rmSync(directory, { recursive: true }));

const runId = "20261122T020000-4f2a1b";
const manifest: Manifest = {
  version: 1,
  runId,
  database: { name: "app", container: "app-db", database: "app_production", user: "app" },
  server: "cloud.example.com",
  host: null,
  createdAt: "2026-11-22T02:00:00.000Z",
  snapshotAt: "2026-11-22T02:00:00.500Z",
  durationSeconds: 1,
  class: "regular",
  adopted: false,
  archive: {
    file: "app_20261122_020000.sql.gz",
    bytes: 1,
    sha256: "a".repeat(64),
    uncompressedBytes: 1,
    format: "plain-gzip",
    compressionLevel: 1,
  },
  roles: null,
  postgres: null,
  properties: null,
  content: null,
  totals: null,
  databaseBytes: null,
  shrunk: null,
  verifiedAt: "2026-11-22T02:00:01.000Z",
};

test("an archive of zstd is committed under its own name, and takes the name of one of gzip too", async () => {
  const here = mkdtempSync(join(tmpdir(), "commit-zstd-"));
  const { stem, time } = await freeName(here, "app", new AbortController().signal);
  const archive = { ...manifest.archive, file: `${stem}.sql.zst`, format: "plain-zstd" as const };
  writeFileSync(partialPath(here, "app", runId, "sql.zst"), "archive");
  commit(here, stem, { ...manifest, archive });
  expect(readdirSync(here).sort()).toEqual([`${stem}.json`, `${stem}.sql.zst`]);
  rmSync(join(here, `${stem}.json`));
  const next = await freeName(here, "app", new AbortController().signal);
  expect(next.time.getTime()).toBeGreaterThan(time.getTime());
  expect(next.stem).not.toBe(stem);
  writeFileSync(partialPath(here, "app", runId, "sql.zst"), "archive");
  removePartials(here, "app", runId);
  expect(readdirSync(here)).toEqual([`${stem}.sql.zst`]);
  rmSync(here, { recursive: true });
});

test("a commit that fails leaves nothing under a final name, one that does not everything", () => {
  writeFileSync(partialPath(directory, "app", runId, "roles.sql"), "roles");
  expect(() => commit(directory, "app_20261122_020000", manifest)).toThrow("ENOENT");
  expect(readdirSync(directory)).toEqual([]);

  writeFileSync(partialPath(directory, "app", runId, "roles.sql"), "roles");
  writeFileSync(partialPath(directory, "app", runId, "sql.gz"), "archive");
  commit(directory, "app_20261122_020000", manifest);
  expect(readdirSync(directory).sort()).toEqual(
    [".json", ".roles.sql", ".sql.gz"].map((kind) => `app_20261122_020000${kind}`),
  );
});
