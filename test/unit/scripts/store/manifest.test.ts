import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import { manifestText, readManifest, writeManifest } from "../../../../scripts/lib/store/manifest.ts";

let directory: string;
let path: string;

const manifest: Manifest = {
  version: 1,
  runId: "20261122T020000-4f2a1b",
  database: { name: "shop", container: "shop-db", database: "shop_production", user: "shop" },
  server: "cloud.example.com",
  host: "cloud",
  createdAt: "2026-11-22T02:00:00.000Z",
  snapshotAt: "2026-11-22T02:00:00.500Z",
  durationSeconds: 1.5,
  class: "regular",
  adopted: true,
  archive: {
    file: "shop_20261122_020000.sql.gz",
    bytes: 100,
    sha256: "0".repeat(64),
    uncompressedBytes: 1000,
    format: "plain-gzip",
    compressionLevel: null,
  },
  roles: null,
  postgres: null,
  properties: null,
  content: null,
  totals: null,
  databaseBytes: null,
  shrunk: ['“Größe” and 日本語 \\ " \u0007 \ufffd'],
  verifiedAt: "2026-11-22T02:00:01.000Z",
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "manifest-"));
  path = join(directory, "shop_20261122_020000.json");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("what is written is read", () => {
  writeManifest(path, manifest);
  expect(readManifest(path)).toEqual(manifest);
});

test("a manifest of before the snapshot's moment and the way of hashing were in it is read", () => {
  const content = {
    proof: "rows",
    serverVersionNumber: 150018,
    tables: [],
    sequences: [],
    largeObjects: { count: 0, bytes: null, hash: null },
    extensions: [],
    objects: {},
    roles: [],
  };
  const { snapshotAt, ...earlier } = manifest;
  writeFileSync(path, manifestText({ ...earlier, content } as unknown as Manifest));
  expect(readManifest(path)).toEqual({ ...earlier, content });
});

test("properties of later versions are read over, and are part of what its own sha256 vouches for", () => {
  const later = { ...manifest, novelty: "x" };
  writeFileSync(path, manifestText(later));
  expect(readManifest(path)).toEqual(manifest);
  writeFileSync(path, manifestText(later).replace('"novelty": "x"', '"novelty": "y"'));
  expect(() => readManifest(path)).toThrow(/was changed after it was written/);
});

test("every flipped bit, every cut and every appended byte is noticed", () => {
  const whole = Buffer.from(manifestText(manifest));
  const unnoticed = (content: Buffer) => {
    writeFileSync(path, content);
    try {
      return readManifest(path) !== null;
    } catch {
      return false;
    }
  };
  const flips = Array.from({ length: whole.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return flipped;
  });
  const cuts = Array.from(whole, (_, length) => whole.subarray(0, length));
  const tails = Array.from({ length: 256 }, (_, byte) => Buffer.concat([whole, Buffer.from([byte])]));
  expect([...flips, ...cuts, ...tails].filter(unnoticed)).toEqual([]);
  writeFileSync(path, whole);
  expect(readFileSync(path).equals(whole)).toBe(true);
  expect(readManifest(path)).toEqual(manifest);
});
