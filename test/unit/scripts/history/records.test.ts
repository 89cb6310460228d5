import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { monthlyFiles } from "../../../../scripts/lib/history/monthly-files.ts";
import { inMemory, type Memory } from "./in-memory.ts";
import { keepsTheContract, record } from "./suite.ts";

keepsTheContract("a toy in memory", () => {
  const memory: Memory = { months: new Map(), newest: "", broken: false };
  return {
    records: inMemory(memory),
    again: () => inMemory(memory),
    spoil: (text) => memory.months.set(memory.newest, (memory.months.get(memory.newest) ?? "") + text),
    destroy: () => {
      memory.broken = true;
    },
  };
});

const scratch = mkdtempSync(join(tmpdir(), "run-records-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const newest = (directory: string) => join(directory, ".runs-2026-11.jsonl");

keepsTheContract("a file a month", () => {
  const directory = join(mkdtempSync(join(scratch, "place-")), "backups");
  return {
    records: monthlyFiles(directory),
    again: () => monthlyFiles(directory),
    spoil: (text) => appendFileSync(newest(directory), text),
    destroy: () => {
      rmSync(directory, { recursive: true, force: true });
      writeFileSync(directory, "a file where the directory was");
    },
  };
});

const now = new Date("2026-11-22T12:00:00Z");

describe("a file a month", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(scratch, "files-"));
  });

  test("is readable by root only, also if it was not before", () => {
    const records = monthlyFiles(directory);
    records.append(record());
    expect(readdirSync(directory)).toEqual([".runs-2026-11.jsonl"]);
    expect(statSync(newest(directory)).mode & 0o777).toBe(0o600);
    chmodSync(newest(directory), 0o644);
    records.append(record());
    expect(statSync(newest(directory)).mode & 0o777).toBe(0o600);
  });

  test("makes its directory for its user alone", () => {
    monthlyFiles(join(directory, "a", "b")).append(record());
    expect(statSync(join(directory, "a")).mode & 0o777).toBe(0o700);
  });

  const current = `.runs-${new Date().toISOString().slice(0, 7)}.jsonl`;
  test.each<[string, (path: string) => void, string]>([
    ["a directory", (path) => mkdirSync(path), "it is a directory, not a file"],
    ["a link to a file", (path) => symlinkSync("/etc/hosts", path), "it is a link, not a file"],
    ["a link to nothing", (path) => symlinkSync("/no/where", path), "it is a link, not a file"],
    ["a device", (path) => symlinkSync("/dev/full", path), "it is a link, not a file"],
  ])("is not %s: that is reported, nothing is written, and nothing is read", (_, make, why) => {
    const path = join(directory, current);
    make(path);
    const records = monthlyFiles(directory);
    const young = record({ began: new Date().toISOString(), ended: new Date().toISOString() });
    expect(records.append(young)).toBe(`${path}: ${why}`);
    expect(records.problem()).toBe(`${path}: ${why}`);
    expect(() => records.read({ now })).toThrow(`${path}: ${why}`);
    expect(existsSync("/no/where")).toBe(false);
    expect(readFileSync("/etc/hosts", "utf8")).not.toContain("backup_database");
  });

  test("ignores other files and removes none", () => {
    const others = [
      ...[".runs-2020-13.jsonl", ".runs-2020-01.jsonl~", "runs-2020-01.jsonl", ".runs-2020-1.jsonl"],
      ...["shop_20200101_020000.sql.gz", ".status-mail.json"],
    ];
    for (const name of others) writeFileSync(join(directory, name), "{");
    const records = monthlyFiles(directory);
    expect(records.read({ now })).toEqual({ records: [], unreadable: [] });
    records.forget(1, now);
    expect(readdirSync(directory).sort()).toEqual([...others].sort());
  });

  test("names the line that it cannot read", () => {
    const records = monthlyFiles(directory);
    records.append(record());
    appendFileSync(newest(directory), "half a li");
    expect(records.read({ now }).unreadable).toEqual([{ where: ".runs-2026-11.jsonl, line 2", behind: 1 }]);
  });

  test("names a month that could not be removed, and removes the others", () => {
    const records = monthlyFiles(directory);
    for (const month of ["2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06"])
      records.append(record({ began: `${month}-01T00:00:00.000Z`, ended: `${month}-01T00:00:00.000Z` }));
    rmSync(join(directory, ".runs-2020-01.jsonl"));
    mkdirSync(join(directory, ".runs-2020-01.jsonl"));
    const { months, problems } = records.forget(20, now);
    expect(months).toEqual(["2020-02", "2020-03", "2020-04"]);
    expect(problems).toEqual([expect.stringContaining(".runs-2020-01.jsonl")]);
  });

  test("takes the records of programs that write at the same moment, each of them whole", async () => {
    const code = `
      import { monthlyFiles } from ${JSON.stringify(join(import.meta.dirname, "../../../../scripts/lib/history/monthly-files.ts"))};
      const records = monthlyFiles(process.argv[1]);
      const record = JSON.parse(process.argv[2]);
      for (let number = 0; number < 100; number += 1) {
        const why = records.append({ ...record, runId: process.argv[3] + number });
        if (why !== null) throw new Error(why);
      }`;
    const given = JSON.stringify(record({ error: { kind: "failed", text: "x".repeat(1_500) } }));
    const writers = ["a", "b", "c"].map(
      (name) =>
        new Promise((resolve) => {
          const words = ["--input-type=module-typescript", "--eval", code, directory, given, name];
          spawn(process.execPath, words, { stdio: "inherit" }).on("close", resolve);
        }),
    );
    expect(await Promise.all(writers)).toEqual([0, 0, 0]);
    const { records, unreadable } = monthlyFiles(directory).read({ now });
    expect(unreadable).toEqual([]);
    expect(new Set(records.map(({ runId }) => runId)).size).toBe(300);
    for (const name of ["a", "b", "c"]) {
      const own = records.flatMap(({ runId }) => (runId.startsWith(name) ? [Number(runId.slice(1))] : []));
      expect(own).toEqual(Array.from({ length: 100 }, (_, number) => number));
    }
  });
});
