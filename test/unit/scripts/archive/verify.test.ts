import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type ArchiveErrorKind, verifyArchive } from "../../../../scripts/lib/archive/verify.ts";
import { dump, end, head, row } from "./dumps.ts";

const directory = mkdtempSync(join(tmpdir(), "archive-"));
afterAll(() => rmSync(directory, { recursive: true }));

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
/** Like the zstd command: one frame with a checksum of the content. */
const zstd = (text: string) => zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
const wholeZstd = zstd(dump("Key1"));
const cases: [string, Buffer, ArchiveErrorKind | "whole"][] = [
  ["a dump with a token", whole, "whole"],
  ["a dump of an older version without token", gzipSync(dump(null)), "whole"],
  ["two gzip members that make one dump", twoMembers(dump("Key1")), "whole"],
  ["nothing", Buffer.alloc(0), "empty"],
  ["text", Buffer.from(dump("Key1")), "not-compressed"],
  ["an empty gzip", gzipSync(""), "incomplete-dump"],
  ["a second dump after the first", Buffer.concat([whole, gzipSync(dump("Key2"))]), "incomplete-dump"],
  ["another gzip after the end", Buffer.concat([whole, gzipSync("x")]), "incomplete-dump"],
  ["another token at the end", gzipSync(dump("Key1", row, "Key2")), "incomplete-dump"],
  ["no token at the end", gzipSync(dump("Key1", row, null)), "incomplete-dump"],
  ["a token at the end only", gzipSync(dump(null, row, "Key1")), "incomplete-dump"],
  ["the end cut off", gzipSync(dump("Key1").slice(0, -1)), "incomplete-dump"],
  ["an end among the rows", gzipSync(`${head("Key1")}${row}\n${end(null)}`), "incomplete-dump"],
  ["an end among the rows, without token", gzipSync(`${head(null)}${row}\n${end(null)}`), "incomplete-dump"],
  ["zstd", wholeZstd, "whole"],
  ["zstd, another after the end", Buffer.concat([wholeZstd, zstd("x")]), "trailing-garbage"],
  ["zstd, the end cut off", zstd(dump("Key1").slice(0, -1)), "incomplete-dump"],
  ["Windows line ends", gzipSync(dump("Key1").replaceAll("\n", "\r\n")), "incomplete-dump"],
];

function twoMembers(text: string): Buffer {
  return Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))]);
}

test.each(cases)("%s", async (_, content, kind) => {
  expect(await kindOf(content)).toBe(kind);
});

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
