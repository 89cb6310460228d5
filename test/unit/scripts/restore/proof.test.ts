import { describe, expect, test } from "vitest";
import { hashing } from "../../../../scripts/contract/content.ts";
import type { Manifest } from "../../../../scripts/contract/manifest.ts";
import {
  requireNoOtherServer,
  shortcoming,
  type Trial,
  unprovable,
  unprovenLines,
} from "../../../../scripts/lib/restore/proof.ts";

const sha256 = "a".repeat(64);
const proof: Trial = {
  runId: "20261122T043000-4f2a1b",
  archiveSha256: sha256,
  startedAt: "2026-11-22T04:30:00.000Z",
  compared: "full",
  result: "equal",
  differences: [],
  error: null,
  materializedViews: 0,
};
const file = { sha256, manifest: { content: { objects: {} } } };

describe("a record proves that these very bytes restore to what was backed up", () => {
  test("restored whole, compared in full, found equal", () => expect(shortcoming(proof, file)).toBe(null));

  test.each<[string, Trial | null, RegExp]>([
    ["no record", null, /never restored on trial/],
    ["other bytes", { ...proof, archiveSha256: "b".repeat(64) }, /other bytes/],
    ["unread bytes", { ...proof, archiveSha256: null }, /other bytes/],
    [
      "failed",
      { ...proof, result: "failed", error: "no room" },
      /4f2a1b \(.*\) could not restore it: no room/,
    ],
    [
      "different",
      { ...proof, result: "different", differences: ["a", "b", "c", "d"] },
      /restored other data than was backed up: a; b; c; and 1 more$/,
    ],
    ["rows alone", { ...proof, compared: "rows" }, /could not compare its content in full/],
    ["nothing", { ...proof, compared: "nothing" }, /could not compare its content in full/],
  ])("%s proves nothing", (_, trial, says) => expect(shortcoming(trial, file)).toMatch(says));

  const { materializedViews: _, ...older } = proof;
  const counted = { objects: { materializedViews: { count: 1, hash: "1" } } };
  const named = {
    objects: {},
    materializedViews: [{ schema: "a", name: "b", populated: false, rows: null, hash: null }],
  };
  test.each([counted, named])(
    "not one of older programs where there are materialized views: %j",
    (content) => {
      expect(shortcoming(older, file)).toBe(null);
      expect(shortcoming(proof, { ...file, manifest: { content } })).toBe(null);
      expect(shortcoming(older, { ...file, manifest: { content } })).toMatch(
        /4f2a1b .*, by older programs, did not compare its materialized views$/,
      );
    },
  );
});

describe("what no trial could prove", () => {
  const holding = (content: object | null) => ({ path: "/b/x.sql.gz", manifest: { content } as Manifest });
  const full = holding({ proof: "full", hashing });
  test("a manifest with hashes, and new ones", () => expect(unprovable(full, "full")).toBe(null));

  test.each<[string, Parameters<typeof unprovable>, RegExp]>([
    ["backups without hashes", [full, "rows"], /backups\.manifest is rows/],
    ["no manifest", [{ ...full, manifest: null }, "full"], /has no manifest of its content/],
    ["an adopted archive", [holding(null), "full"], /has no manifest of its content/],
    ["rows", [holding({ proof: "rows", hashing }), "full"], /no hashes/],
    [
      "hashes of another version",
      [holding({ proof: "full", hashing: "another" }), "full"],
      /another version/,
    ],
  ])("%s", (_, given, says) => expect(unprovable(...given)).toMatch(says));
});

describe("what was not compared is said, and not dropped for", () => {
  const view = { schema: "a", name: "b", populated: true, rows: null, hash: null };
  const remote = { ...view, uncompared: { why: "it reads the foreign table c", otherServer: true } };
  const content = { materializedViews: [view, remote], objects: {} };
  const file = { path: "/b/x.sql.gz", sha256, manifest: { content } as unknown as Manifest };
  const untried = [{ what: "materialized view d.e", why: "it reads another database by dblink" }];

  test.each<[string, Trial | null, RegExp]>([
    [
      "of the newest trial",
      { ...proof, untried },
      /^\nNot compared, and so not proven: materialized view d\.e: .*dblink\.$/,
    ],
    [
      "of the manifest before one",
      null,
      /^\nNot compared.*materialized view a\.b: it reads the foreign table c/,
    ],
    [
      "of the manifest where the trial was of other bytes",
      { ...proof, archiveSha256: null, untried },
      /a\.b/,
    ],
  ])("%s", (_, trial, says) => expect(unprovenLines({ recorded: () => trial }, file)).toMatch(says));

  const warnings: string[] = [];
  const log = {
    event: (level: string, _name: string | null, text: string) => warnings.push(`${level} ${text}`),
  };
  const run = { database: { database: "app" }, log } as unknown as Parameters<typeof requireNoOtherServer>[0];
  const require = (acceptsDifferences: boolean, views: object[]) =>
    requireNoOtherServer({ ...run, acceptsDifferences }, "/b/x.sql.gz", {
      materializedViews: views,
    } as Parameters<typeof requireNoOtherServer>[2]);

  test("a filled view of another server keeps the live database", () => {
    expect(() => require(false, [view, remote])).toThrow(/materialized views a\.b: .*app is not dropped/);
  });
  test("unless that is accepted, it is empty, or it is another view", () => {
    require(false, [view, { ...remote, populated: false }]);
    require(false, [{ ...view, uncompared: { why: "it uses now()", otherServer: false } }]);
    expect(warnings).toEqual([]);
    require(true, [remote]);
    expect(warnings).toEqual([expect.stringMatching(/^warning .*a\.b.*; accepted \[DBK-INPLACE-7\]$/)]);
  });
});
