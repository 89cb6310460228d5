import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { zipMember } from "../../../../infra/local-machine/zip-member.ts";
import { zipOf } from "./zip.ts";

const directory = mkdtempSync(join(tmpdir(), "zip-member-"));
afterAll(() => rmSync(directory, { recursive: true }));

const placed = (bytes: Buffer): string => {
  const path = join(directory, "x.zip");
  writeFileSync(path, bytes);
  return path;
};

const files = {
  "a/first": Buffer.from("x".repeat(5_000)),
  "a/program": randomBytes(100_000),
  empty: Buffer.alloc(0),
};

test("each file of a zip comes out as it went in, packed or not", async () => {
  const path = placed(zipOf(files));
  for (const [name, content] of Object.entries(files)) expect(await zipMember(path, name)).toEqual(content);
});

test("what is not in it, or no zip, is said", async () => {
  await expect(zipMember(placed(zipOf(files)), "a/firs")).rejects.toThrow("it has no a/firs");
  await expect(zipMember(placed(Buffer.from("<html>".repeat(50))), "a")).rejects.toThrow("it is no zip");
  await expect(zipMember(placed(Buffer.alloc(0)), "a")).rejects.toThrow("it is no zip");
});

test("a zip that is cut off or damaged fails, and gives nothing larger than it says", async () => {
  const whole = zipOf(files, "");
  await expect(zipMember(placed(whole.subarray(2_000)), "a/program")).rejects.toThrow(/cut off|damaged|no a/);
  const lying = Buffer.from(zipOf({ a: Buffer.alloc(1_000_000) }));
  const entry = lying.lastIndexOf("PK\x01\x02");
  lying.writeUInt32LE(10, entry + 24);
  await expect(zipMember(placed(lying), "a")).rejects.toThrow(/larger than/i);
});
