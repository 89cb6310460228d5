import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Manifest } from "../../../../scripts/contract/manifest.ts";
import { readRehearsals } from "../../../../scripts/lib/store/rehearsals.ts";
import { backup } from "../status/observations.ts";

/** Files of a later version of the programs, read by this version. */

const directory = mkdtempSync(join(tmpdir(), "later-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("a manifest's additions are passed over", () => {
  const { manifest } = backup({ hoursAgo: 1 });
  if (manifest === null) throw new Error("no manifest");
  const later = { ...manifest, more: 1, archive: { ...manifest.archive, more: [1] } };
  expect(Manifest.parse(later)).toEqual(manifest);
});

const record = {
  ...{ version: 1, runId: "20261122T020000-4f2a1b", archive: "shop_20261122_020000.sql.gz" },
  ...{ archiveSha256: null, startedAt: "2026-11-22T03:00:00.000Z", durationSeconds: 1, restoreSeconds: 1 },
  ...{ where: "container", compared: "full", result: "equal", differences: [], error: null },
};

test.each([
  ["a property", { more: 1 }, { result: "equal", compared: "full" }],
  ["a place", { where: "machine" }, { result: "equal", where: "machine" }],
  ["a result", { result: "splendid" }, { result: "failed" }],
  ["a comparison", { compared: "thoroughly" }, { compared: "nothing" }],
])("%s that is not known in a rehearsal's record proves nothing and hides nothing", (_, more, read) => {
  const path = join(directory, "shop_20261122_020000.rehearsal.json");
  writeFileSync(path, JSON.stringify({ ...record, ...more }));
  expect(readRehearsals(directory, "shop")).toMatchObject([read]);
});
