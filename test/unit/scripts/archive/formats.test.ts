import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { archiveName, archiveNames, parseBackupName } from "../../../../scripts/contract/backup-names.ts";
import {
  type Compression,
  compressionNames,
  highestLevels,
  readByHand,
} from "../../../../scripts/contract/compressions.ts";
import { compressionOfArchive, formatName } from "../../../../scripts/contract/manifest.ts";
import {
  compressionOfVerified,
  formatOfFile,
  formats,
  writings,
} from "../../../../scripts/lib/archive/format.ts";
import type { Filter, Writing } from "../../../../scripts/lib/archive/layers/writing.ts";
import { verifyArchive } from "../../../../scripts/lib/archive/verify.ts";
import { ProgramError } from "../../../../scripts/lib/base/errors.ts";
import { ExitCode } from "../../../../scripts/lib/base/exit-codes.ts";
import { dump } from "./dumps.ts";
import { keepsTheContract, type Subject } from "./suite.ts";
import { toyAround, toyCommand, toyLayer } from "./toy.ts";
import { written } from "./written.ts";

const scratch = mkdtempSync(join(tmpdir(), "archive-formats-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const isHere = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

const by = (writing: Writing) => (text: string, directory: string) => {
  const { path, status, said } = written(directory, writing, text);
  expect({ status, said }).toEqual({ status: 0, said: "ready to dump\n" });
  return readFileSync(path);
};
/** What an encryption is: its command takes what was written in the container, here, before it reaches the disk. */
const encrypted = (write: Subject["write"], key: number) => (text: string, directory: string) =>
  execFileSync("sh", ["-c", toyCommand("around", key)], {
    input: write(text, directory),
    maxBuffer: 1 << 26,
  });

const [encryptionKey, compressionKey] = [0x5a, 0x21];
const encryption = toyLayer("toy-encryption", encryptionKey);
const compression = toyLayer("toy-compression", compressionKey);
const toyFilter: Filter = {
  name: process.execPath,
  options: toyCommand("around", compressionKey).replace(/^'[^']*' /, ""),
  lacking: (container) => new ProgramError(`${container} lacks it`, ExitCode.unavailable),
};
const toyWriting: Writing = { compress: 0, filter: toyFilter };
const members: Record<Compression, Subject["members"]> = { gzip: "read", zstd: "refused" };

/** The compressions whose commands this machine has. */
const testable = compressionNames.filter(isHere);
test("gzip is on every machine", () => {
  expect(testable).toContain("gzip");
});

for (const name of testable) {
  const subject = { format: formats[name], write: by(writings[name](1)), members: members[name], step: 1 };
  keepsTheContract(name, subject);
  keepsTheContract(`${name} within a toy encryption`, {
    format: [encryption, ...subject.format],
    write: encrypted(subject.write, encryptionKey),
    members: "refused",
    step: 13,
  });
}
keepsTheContract("a toy compression", {
  format: [compression],
  write: by(toyWriting),
  members: "refused",
  step: 13,
});
keepsTheContract("a toy compression within a toy encryption", {
  format: [encryption, compression],
  write: encrypted(by(toyWriting), encryptionKey),
  members: "refused",
  step: 13,
});

test("zeros between an archive and what lies around it are refused, which the reader within says nothing of", async () => {
  const within = by(writings.gzip(1))(dump("Key1"), scratch);
  const path = join(scratch, "padded");
  writeFileSync(path, toyAround(Buffer.concat([within, Buffer.alloc(10)]), encryptionKey));
  await expect(verifyArchive(path, { among: [[encryption, ...formats.gzip]] })).rejects.toMatchObject({
    kind: "trailing-garbage",
  });
});

describe.each(testable)("%s", (name) => {
  const write = by(writings[name](1));

  test("the names of its archives can be read back", () => {
    const stem = "shop_20261122_020000";
    expect(archiveNames(stem)).toContain(archiveName(stem, name));
    expect(parseBackupName(archiveName(stem, name))).toMatchObject({ database: "shop", stem });
  });

  test("manifests name its format, which no other has", () => {
    const archive = { format: formatName(name) } as Parameters<typeof compressionOfArchive>[0];
    expect(compressionOfArchive(archive)).toBe(name);
  });

  test("of our formats its archives are in its own", () => {
    const path = join(scratch, name);
    writeFileSync(path, write(dump("Key1"), scratch));
    expect(formatOfFile(path)).toBe(formats[name]);
    expect(compressionOfVerified(path)).toBe(name);
  });

  test("what people are told to read it by gives the dump", () => {
    const path = join(scratch, `${name}-by-hand`);
    writeFileSync(path, write(dump("Key1"), scratch));
    const text = execFileSync("sh", ["-c", `${readByHand[name].command} <${path}`], { encoding: "utf8" });
    expect(text).toBe(dump("Key1"));
  });

  test("its highest level can be written and read", async () => {
    const { path, status } = written(scratch, writings[name](highestLevels[name]), dump("Key1"));
    expect(status).toBe(0);
    await expect(verifyArchive(path)).resolves.toMatchObject({ dumpVersion: "15.18" });
  });

  test("a dump that fails is told by its own status, whatever was written", () => {
    const { status } = written(scratch, writings[name](1), dump("Key1"), { dumpStatus: 7 });
    expect(status).toBe(7);
  });
});

describe("a filter", () => {
  const broken = (change: Partial<Filter>): Writing => ({
    compress: 0,
    filter: { ...toyFilter, ...change },
  });

  test("that fails ends the dump in a status of its own, whatever pg_dump's", () => {
    for (const dumpStatus of [0, 7]) {
      const failing = broken({ name: "sh", options: "-c 'cat >/dev/null; exit 3'" });
      const { status, said } = written(scratch, failing, dump("Key1"), { dumpStatus });
      expect({ status, said }).toEqual({ status: 91, said: "ready to dump\nsh ended with status 3\n" });
    }
  });

  test("that is not there is missed before anything is dumped", () => {
    const { path, status, said } = written(scratch, broken({ name: "no-such-command" }), dump("Key1"));
    expect({ status, said, archive: readFileSync(path, "utf8") }).toEqual({
      status: 90,
      said: "",
      archive: "",
    });
  });
});
