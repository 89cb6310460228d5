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
import { dump, row } from "./dumps.ts";
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
const [encryptionKey, compressionKey] = [0x5a, 0x21];
const encryption = toyLayer("toy-encryption", encryptionKey);
const compression = toyLayer("toy-compression", compressionKey);
const toyFilter = (key: number): Filter => ({
  name: process.execPath,
  options: toyCommand("around", key).replace(/^'[^']*' /, ""),
  lacking: (container) => new ProgramError(`${container} lacks it`, ExitCode.unavailable),
});
const toyWriting: Writing = { compress: 0, filters: [toyFilter(compressionKey)] };
/** An encryption is a filter around any other layers. */
const encrypted = (writing: Writing): Writing => ({
  ...writing,
  filters: [...writing.filters, toyFilter(encryptionKey)],
});
const members: Record<Compression, Subject["members"]> = { gzip: "read", zstd: "refused" };

/** The compressions whose commands exist on this machine. */
const testable = compressionNames.filter(isHere);
test("gzip is on every machine", () => {
  expect(testable).toContain("gzip");
});

for (const name of testable) {
  const subject = { format: formats[name], write: by(writings[name](1)), members: members[name], step: 1 };
  keepsTheContract(name, subject);
  keepsTheContract(`${name} within a toy encryption`, {
    format: [encryption, ...subject.format],
    write: by(encrypted(writings[name](1))),
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
  write: by(encrypted(toyWriting)),
  members: "refused",
  step: 13,
});

test("zeros between an archive and its outer layer are refused, although the inner reader ignores them", async () => {
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

  test("the documented command for reading it gives the dump", () => {
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

  test("a failed dump is reported by its exit status, for any written bytes", () => {
    const { status } = written(scratch, writings[name](1), dump("Key1"), { dumpStatus: 7 });
    expect(status).toBe(7);
  });
});

describe("a filter", () => {
  const good = toyFilter(compressionKey);
  const failing = { ...good, name: "sh", options: "-c 'cat >/dev/null; exit 3'" };
  const absent = { ...good, name: "no-such-command" };
  const through = (...filters: Filter[]): Writing => ({ compress: 0, filters });

  test.each([
    ["alone", through(failing), 91],
    ["within another", through(failing, good), 91],
    ["around another", through(good, failing), 93],
    ["that stops reading, around another", through(good, { ...failing, options: "-c 'exit 3'" }), 93],
  ])("that fails %s ends the dump in a status of its own, whatever pg_dump's", (_, writing, expected) => {
    for (const dumpStatus of [0, 7]) {
      const { status, said } = written(scratch, writing, dump("Key1", row.repeat(10_000)), { dumpStatus });
      expect(status).toBe(expected);
      expect(said).toContain("ready to dump\n");
      expect(said).toMatch(/^sh ended with status 3$/m);
    }
  });

  test("of several leaves pg_dump's status what it is", () => {
    const { status } = written(scratch, through(good, good), dump("Key1"), { dumpStatus: 7 });
    expect(status).toBe(7);
  });

  test.each([
    ["alone", through(absent), 90],
    ["around another", through(good, absent), 92],
  ])("that is not there %s is missed before anything is dumped", (_, writing, expected) => {
    const { path, status, said } = written(scratch, writing, dump("Key1"));
    expect({ status, said, archive: readFileSync(path, "utf8") }).toEqual({
      status: expected,
      said: "",
      archive: "",
    });
  });
});
