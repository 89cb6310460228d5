import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as later } from "node:timers/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formats } from "../../../../scripts/lib/archive/format.ts";
import { readArchive } from "../../../../scripts/lib/archive/read.ts";

const text = Array.from({ length: 60_000 }, (_, n) => `${n}\tgröße ${(n * 7919) % 1000}\n`).join("");
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "archive-read-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.each([
  ["gzip", gzipSync(text)],
  ["zstd", zstdCompressSync(text)],
] as const)("%s", (compression, archive) => {
  const format = formats[compression];
  const file = (bytes: Buffer): string => {
    const path = join(directory, compression);
    writeFileSync(path, bytes);
    return path;
  };

  test.each(["at once", "that wait"])("all bytes and all text come in order, to takers %s", async (how) => {
    const seen = createHash("sha256");
    let taken = "";
    let busy = false;
    const waiting = async (piece: string) => {
      expect(busy).toBe(false);
      busy = true;
      await later();
      busy = false;
      taken += piece;
    };
    const atOnce = (piece: string) => {
      taken += piece;
    };
    const spare = await readArchive(file(archive), format, {
      see: (bytes) => seen.update(bytes),
      take: how === "at once" ? atOnce : waiting,
    });
    expect(spare).toBe(0);
    expect(seen.digest("hex")).toBe(sha256(archive));
    expect(Buffer.from(taken, "latin1").toString()).toBe(text);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("enough");
      },
    ],
    ["rejects", () => Promise.reject(new Error("enough"))],
  ])("it ends when what takes the text %s", async (_, take) => {
    await expect(readArchive(file(archive), format, { take })).rejects.toThrow("enough");
  });

  test("it ends with the reader's error where the archive is cut off", async () => {
    const cut = file(archive.subarray(0, archive.length - 100));
    await expect(readArchive(cut, format, { take: () => {} })).rejects.toThrow();
  });
});
