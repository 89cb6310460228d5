import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Settings } from "../../../../scripts/contract/settings.ts";
import { adoptArchives } from "../../../../scripts/lib/backup/adoption.ts";
import { backUp } from "../../../../scripts/lib/backup/run.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { listBackups } from "../../../../scripts/lib/store/backups.ts";
import { readLeftAlone } from "../../../../scripts/lib/store/left-alone.ts";
import { quietRun } from "../postgres/runs.ts";
import { settings } from "../status/observations.ts";

const directory = mkdtempSync(join(tmpdir(), "adoption-"));
afterAll(() => rmSync(directory, { recursive: true }));

const runId = "20261122T020000-4f2a1b";
const database = {
  name: "app",
  container: "app-db",
  database: "app_production",
  user: "app",
  dataDirectory: directory,
};
const packing = { gz: gzipSync, zst: zstdCompressSync };
const dump = (content: string) =>
  `--\n-- PostgreSQL database dump\n--\n\n${content}\n\n--\n-- PostgreSQL database dump complete\n--\n\n`;

test.each([
  ["a whole dump", "20250816_155501", "gz", "CREATE TABLE t (a int);", true],
  ["a dump that drops its database", "20250816_155502", "gz", "DROP DATABASE app_production;", false],
  ["a dump that connects by itself", "20250816_155503", "gz", "\\connect app_production", false],
  ["a whole dump of zstd", "20250816_155504", "zst", "CREATE TABLE t (a int);", true],
  [
    "a dump of zstd that drops its database",
    "20250816_155505",
    "zst",
    "DROP DATABASE app_production;",
    false,
  ],
] as const)("%s: adopted is %4$s", async (_what, stamp, kind, content, adopted) => {
  const stem = join(directory, `app_${stamp}`);
  writeFileSync(`${stem}.sql.${kind}`, packing[kind](dump(content)));
  const here = { ...settings, paths: { ...settings.paths, backups: directory } };
  const files = await adopt(here);
  expect(files.includes(`app_${stamp}.sql.${kind}`)).toBe(adopted);
  expect(existsSync(`${stem}.json`)).toBe(adopted);
  if (!adopted) return;
  const { archive } = JSON.parse(readFileSync(`${stem}.json`, "utf8"));
  expect(archive.format).toBe(kind === "gz" ? "plain-gzip" : "plain-zstd");
});

test("of two archives that one manifest would have to describe one is adopted, and the other left alone for good", async () => {
  const backups = join(directory, "both");
  mkdirSync(backups);
  const stem = join(backups, "app_20250816_155501");
  for (const kind of ["gz", "zst"] as const) writeFileSync(`${stem}.sql.${kind}`, packing[kind](dump("")));
  const here = { ...settings, paths: { ...settings.paths, backups } };
  const [adopted, ...more] = await adopt(here);
  expect(more).toEqual([]);
  expect(JSON.parse(readFileSync(`${stem}.json`, "utf8")).archive.file).toBe(adopted);
  for (let run = 0; run < 2; run++) expect(await adopt(here)).toEqual([]);
  const reported = readFileSync(join(directory, "log"), "utf8").matchAll(
    /is left alone: its manifest is not right: it describes app_20250816_155501\.sql\.(gz|zst) \[DBK-MANIFEST-2\]\n/g,
  );
  expect([...reported]).toHaveLength(1);
});

describe("an archive that cannot be adopted", () => {
  const good = packing.gz(dump("CREATE TABLE t (a int);"));
  let backups: string;
  let here: Settings;
  const at = (name: string) => join(backups, name);
  const name = "app_20250816_155501.sql.gz";
  const record = () => at(".app.left-alone.json");
  beforeEach(() => {
    backups = mkdtempSync(join(directory, "left-"));
    here = { ...settings, paths: { ...settings.paths, backups } };
    rmSync(join(directory, "log"), { force: true });
  });

  /** The number of times that it was read, by the log. */
  const readings = (file = name): number =>
    readFileSync(join(directory, "log"), "utf8").split(`${file} is left alone and not counted`).length - 1;

  test("is read once, and the reason is recorded beside the backups", async () => {
    writeFileSync(at(name), good.subarray(0, -10));
    for (let run = 0; run < 3; run++) expect(await adopt(here)).toEqual([]);
    expect(readings()).toBe(1);
    expect(JSON.parse(readFileSync(record(), "utf8")).archives[name].reason).toContain("is cut off");
    expect(readLeftAlone(backups, "app")[name]?.passing).toBe(false);
    expect(listBackups(backups, "app")).toHaveLength(1);
    expect(statSync(record()).mode & 0o777).toBe(0o600);
  });

  test.each([
    ["its content changes", () => writeFileSync(at(name), good.subarray(0, -12)), true],
    ["it is touched", () => utimesSync(at(name), new Date(), new Date(1_700_000_000_000)), true],
    ["another file takes its name", () => replaced(at(name)), true],
    ["its permissions change", () => chmodSync(at(name), 0o400), false],
    ["a link to it is made", () => linkSync(at(name), at("copy")), false],
    ["the record is damaged", () => writeFileSync(record(), "{"), true],
  ] as const)("is read again when %s", async (_, change, again) => {
    writeFileSync(at(name), good.subarray(0, -10));
    await adopt(here);
    change();
    await adopt(here);
    expect(readings()).toBe(again ? 2 : 1);
  });

  test("is adopted when it is whole by then, and is forgotten", async () => {
    writeFileSync(at(name), good.subarray(0, -10));
    await adopt(here);
    writeFileSync(at(name), good);
    expect(await adopt(here)).toEqual([name]);
    expect(existsSync(record())).toBe(false);
  });

  test("is forgotten when it is gone, the others are not", async () => {
    const other = name.replace("01.sql", "02.sql");
    for (const file of [name, other]) writeFileSync(at(file), good.subarray(0, -10));
    await adopt(here);
    rmSync(at(name));
    await adopt(here);
    expect(Object.keys(readLeftAlone(backups, "app"))).toEqual([other]);
    expect(readings(other)).toBe(1);
  });

  test("that could not be read to its end in time is read once; those that shared its time come first next time", async () => {
    const short = { ...here, timeouts: { ...here.timeouts, backup: 0.02 } };
    const large = packing.gz(dump(randomBytes(12_000_000).toString("hex")), { level: 1 });
    const names = ["03", "02", "01"].map((second) => name.replace("01.sql", `${second}.sql`));
    for (const file of names) writeFileSync(at(file), large);
    for (const count of [1, 2, 3, 3]) {
      expect(await adopt(short)).toEqual([]);
      expect(Object.keys(readLeftAlone(backups, "app"))).toHaveLength(count);
    }
    const reasons = Object.values(readLeftAlone(backups, "app")).map(({ reason }) => reason);
    expect(reasons).toEqual(
      reasons.map(() => "it was not read to its end in 0.02 s (backups.timeouts.backup)"),
    );
  });

  test("is not judged by a run that is ended, and what is known of others stays known", async () => {
    writeFileSync(at(name), good.subarray(0, -10));
    await adopt(here);
    const next = name.replace("01.sql", "02.sql");
    writeFileSync(at(next), good.subarray(0, -10));
    await expect(adopt(here, AbortSignal.abort(new Error("ended by SIGTERM")))).rejects.toThrow("SIGTERM");
    expect(Object.keys(readLeftAlone(backups, "app"))).toEqual([name]);
  });

  describe("because its manifest is not right", () => {
    const manifest = () => at(name.replace("sql.gz", "json"));
    const warnings = (): number =>
      readFileSync(join(directory, "log"), "utf8").split(`${name} is left alone: its manifest is not right`)
        .length - 1;
    beforeEach(async () => {
      writeFileSync(at(name), good);
      writeFileSync(manifest(), "{}");
      for (let run = 0; run < 3; run++) expect(await adopt(here)).toEqual([]);
    });

    test("is reported once, and the reason is recorded beside the backups", () => {
      expect(warnings()).toBe(1);
      expect(readLeftAlone(backups, "app")[name]?.reason).toContain("its manifest is not right: ");
    });

    test.each([
      ["the manifest changes", () => writeFileSync(manifest(), "{ }")],
      ["the archive changes", () => writeFileSync(at(name), good.subarray(0, -10))],
    ])("is reported again when %s", async (_, change) => {
      change();
      for (let run = 0; run < 2; run++) await adopt(here);
      expect(warnings()).toBe(2);
    });

    test("is read and adopted once that manifest is gone", async () => {
      rmSync(manifest());
      expect(await adopt(here)).toEqual([name]);
      expect(existsSync(record())).toBe(false);
    });

    test("stays known when the manifest cannot be looked at", async () => {
      rmSync(manifest());
      symlinkSync(manifest(), manifest());
      for (let run = 0; run < 3; run++) expect(await adopt(here)).toEqual([]);
      expect(warnings()).toBe(2);
    });
  });

  function replaced(path: string): void {
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.new`, readFileSync(path));
    utimesSync(`${path}.new`, atime, mtime);
    renameSync(`${path}.new`, path);
  }
});

test("after a backup that failed nothing is read: the failure is reported first", async () => {
  const [backups, locks, bin] = ["backups", "locks", "bin"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [backups, locks, bin]) mkdirSync(path, { recursive: true });
  writeFileSync(join(bin, "docker"), "#!/bin/sh\necho no daemon >&2\nexit 1\n", { mode: 0o700 });
  const stem = join(backups, "app_20250816_155501");
  writeFileSync(`${stem}.sql.gz`, gzipSync(dump("CREATE TABLE t (a int);")));
  const here = { ...settings, paths: { ...settings.paths, backups, locks } };
  const log = openLog(join(directory, "log"), "backup_database", runId);
  const run = quietRun({ settings: here, database, runId, log });
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  const outcome = await backUp(run, {}).finally(() => vi.unstubAllEnvs());
  log.close();
  expect(outcome).toMatchObject({ backup: null, adopted: [], error: expect.stringContaining("no daemon") });
  expect(existsSync(`${stem}.json`)).toBe(false);
});

async function adopt(here: Settings, signal = new AbortController().signal): Promise<string[]> {
  const log = openLog(join(directory, "log"), "backup_database", runId);
  try {
    return await adoptArchives({ settings: here, database, runId, log, signal });
  } finally {
    log.close();
  }
}
