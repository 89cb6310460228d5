import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type ArchiveErrorKind, verifyArchive } from "../../../../scripts/lib/archive/verify.ts";

const directory = mkdtempSync(join(tmpdir(), "archive-"));
afterAll(() => rmSync(directory, { recursive: true }));

const versions =
  "-- Dumped from database version 15.18 (Debian 15.18-1)\n-- Dumped by pg_dump version 15.18\n\n";
const row = "a row of its own\t1\n";
const head = (token: string | null) =>
  `--\n-- PostgreSQL database dump\n--\n\n${token === null ? "" : `\\restrict ${token}\n\n`}${versions}COPY t (a) FROM stdin;\n`;
const end = (token: string | null) =>
  `--\n-- PostgreSQL database dump complete\n--\n\n${token === null ? "" : `\\unrestrict ${token}\n\n`}`;
const dump = (token: string | null, rows = row.repeat(40), lastToken = token) =>
  `${head(token)}${rows}\\.\n\n\n${end(lastToken)}`;

let files = 0;

async function kindOf(content: Buffer): Promise<string> {
  files += 1;
  const path = join(directory, `file-${files}`);
  writeFileSync(path, content);
  try {
    await verifyArchive(path);
    return "whole";
  } catch (error) {
    return error instanceof Error && "kind" in error ? String(error.kind) : `unexpected: ${error}`;
  }
}

const whole = gzipSync(dump("Key1"));
/** As the zstd command does it: one frame with a checksum of the content. */
const zstd = (text: string) => zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const wholeZstd = zstd(dump("Key1"));
const cases: [string, Buffer, ArchiveErrorKind | "whole"][] = [
  ["a dump with a token", whole, "whole"],
  ["a dump of an older version without token", gzipSync(dump(null)), "whole"],
  ["two gzip members that make one dump", twoMembers(dump("Key1")), "whole"],
  ["nothing", Buffer.alloc(0), "empty"],
  ["text", Buffer.from(dump("Key1")), "not-compressed"],
  ["an empty gzip", gzipSync(""), "incomplete-dump"],
  ["zeros after the end", Buffer.concat([whole, Buffer.alloc(3)]), "trailing-garbage"],
  ["text after the end", Buffer.concat([whole, Buffer.from("tail")]), "trailing-garbage"],
  ["a second dump after the first", Buffer.concat([whole, gzipSync(dump("Key2"))]), "incomplete-dump"],
  ["another gzip after the end", Buffer.concat([whole, gzipSync("x")]), "incomplete-dump"],
  ["another token at the end", gzipSync(dump("Key1", row, "Key2")), "incomplete-dump"],
  ["no token at the end", gzipSync(dump("Key1", row, null)), "incomplete-dump"],
  ["a token at the end only", gzipSync(dump(null, row, "Key1")), "incomplete-dump"],
  ["the end cut off", gzipSync(dump("Key1").slice(0, -1)), "incomplete-dump"],
  ["an end among the rows", gzipSync(`${head("Key1")}${row}\n${end(null)}`), "incomplete-dump"],
  ["an end among the rows, without token", gzipSync(`${head(null)}${row}\n${end(null)}`), "incomplete-dump"],
  ["zstd", wholeZstd, "whole"],
  ["zstd, zeros after the end", Buffer.concat([wholeZstd, Buffer.alloc(3)]), "trailing-garbage"],
  ["zstd, text after the end", Buffer.concat([wholeZstd, Buffer.from("tail")]), "trailing-garbage"],
  ["zstd, another after the end", Buffer.concat([wholeZstd, zstd("x")]), "trailing-garbage"],
  ["zstd, much after the end", Buffer.concat([wholeZstd, Buffer.alloc(1 << 20)]), "trailing-garbage"],
  ["zstd, the end cut off", zstd(dump("Key1").slice(0, -1)), "incomplete-dump"],
  ["Windows line ends", gzipSync(dump("Key1").replaceAll("\n", "\r\n")), "incomplete-dump"],
];

function twoMembers(text: string): Buffer {
  return Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))]);
}

test.each(cases)("%s", async (_, content, kind) => {
  expect(await kindOf(content)).toBe(kind);
});

test.each([
  ["gzip", whole],
  ["zstd", wholeZstd],
])(
  "a %s file cut at any byte is never whole",
  async (_, archive) => {
    for (let length = 0; length < archive.length; length += 1) {
      expect(await kindOf(archive.subarray(0, length))).not.toBe("whole");
    }
  },
  60_000,
);

// gzip's first ten bytes hold a time and a system that do not touch the content; neither do the bits that fill up the
// last byte before the checksum, and in zstd's header some, which only a manifest's sha256 covers.
test.each([
  ["gzip", whole, 80, gunzipSync],
  ["zstd", wholeZstd, 0, zstdDecompressSync],
])(
  "a %s file with any bit of its content changed is never whole",
  async (_, archive, firstBit, decompress) => {
    for (let bit = firstBit; bit < archive.length * 8; bit += 1) {
      const changed = Buffer.from(archive);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if ((await kindOf(changed)) === "whole") expect(decompress(changed)).toEqual(decompress(archive));
    }
  },
  60_000,
);

test("what is in a dump", async () => {
  const path = join(directory, "whole");
  writeFileSync(path, whole);
  expect(await verifyArchive(path)).toMatchObject({
    bytes: whole.length,
    uncompressedBytes: dump("Key1").length,
    serverVersion: "15.18 (Debian 15.18-1)",
    dumpVersion: "15.18",
  });
});

test("a dump larger than every buffer, its words split anywhere", async () => {
  const large = gzipSync(dump(null, row.repeat(100_000)));
  expect(await kindOf(large)).toBe("whole");
  expect(await kindOf(gzipSync(`${head(null)}${row.repeat(100_000)}\n${end(null)}`))).toBe("incomplete-dump");
});

test("a file that does not exist, and a directory", async () => {
  await expect(verifyArchive(join(directory, "nothing"))).rejects.toMatchObject({ kind: "missing" });
  await expect(verifyArchive(directory)).rejects.toMatchObject({ kind: "missing" });
});
