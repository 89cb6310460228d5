import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DumpLines } from "../../../../scripts/lib/archive/dump-lines.ts";
import { DumpParts } from "../../../../scripts/lib/archive/dump-parts.ts";
import { visitStatements } from "../../../../scripts/lib/archive/statements.ts";

let directory: string;
let archive: string;
const { signal } = new AbortController();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "restore-dump-"));
  archive = join(directory, "dump.sql.gz");
});

afterAll(() => rmSync(directory, { recursive: true }));

describe("the lines of a dump without its rows", () => {
  const dump = [
    "CREATE TABLE public.a ();",
    "COPY public.a (x) FROM stdin;",
    "GRANT ALL ON TABLE a TO nobody;\\.",
    "\\\\.",
    "\\.x",
    "\\.",
    "COPY public.empty (x) FROM stdin;",
    "\\.",
    "",
    "-- COPY of nothing FROM stdin;",
    "GRANT ALL ON TABLE a TO somebody;",
    "",
  ].join("\n");

  test.each([1, 2, 3, 7, 50, 1000])("in pieces of %d characters", (size) => {
    const lines = new DumpLines();
    const pieces = dump.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(pieces.flatMap((piece) => [...lines.take(piece)])).toEqual([
      "CREATE TABLE public.a ();",
      "",
      "-- COPY of nothing FROM stdin;",
      "GRANT ALL ON TABLE a TO somebody;",
    ]);
  });

  test.each([1, 2, 3, 4, 5, 7, 50, 1000])("nothing of it is lost, in pieces of %d characters", (size) => {
    const parts = new DumpParts();
    const pieces = dump.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    const found = pieces.flatMap((piece) => [...parts.take(piece)]);
    const text = found.map((part) => (part.kind === "rows" ? part.text : `${part.text}\n`)).join("");
    expect(text).toBe(dump);
    const kinds = found
      .map(({ kind }) => kind)
      .filter((kind, at, all) => kind !== "rows" || all[at - 1] !== kind);
    expect(kinds).toEqual(["line", "copy", "rows", "end", "copy", "end", "line", "line", "line"]);
  });

  test.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])(
    "a row and a statement of 64 MiB, in the small pieces in which they come, of %s",
    async (_, compress) => {
      const large = Buffer.alloc(2 ** 26, "x");
      const before = Buffer.from("COPY public.a (x) FROM stdin;\n");
      const between = Buffer.from("\n\\.\n\nGRANT ALL ON TABLE a TO somebody;\n");
      writeFileSync(archive, compress(Buffer.concat([before, large, between, large, Buffer.from("\n")])));
      const lengths: number[] = [];
      await visitStatements(archive, (line) => lengths.push(line.length) > 0, signal);
      expect(lengths).toEqual([0, 33, 2 ** 26]);
    },
  );
});
