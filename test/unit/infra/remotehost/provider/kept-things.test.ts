import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replacedDirectoryIn } from "../../../../../infra/config/replaced-directory.ts";
import { pathFunctions } from "../../../../../infra/remotehost/provider/changing-script.ts";
import {
  commonSuffix,
  keepFunctions,
  replacedName,
} from "../../../../../infra/remotehost/provider/kept-things.ts";
import { quote } from "../../../../../scripts/contract/quoting.ts";

let root = "";
let usual = "";
let replaced = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kept-"));
  usual = join(root, "usual/replaced");
  replaced = join(root, "srv/of our own/replaced");
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs the functions like a changing script, with another directory for the files that an older version kept. */
function run(...lines: string[]): string {
  const places = `replaced=${quote(replaced)} usual=${quote(usual)}`;
  const script = ["set -eu", pathFunctions, keepFunctions, places, ...lines].join("\n");
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const put = (path: string, text: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const at = (second: number) => new Date(Date.UTC(2026, 10, 30, 12, 0, second));
const keepLine = (path: string, now: Date, how: "move" | "copy" = "copy"): string =>
  ["keep", how, ...[path, replacedName(path, now), commonSuffix(path)].map(quote)].join(" ");
const kept = () => readdirSync(replaced).sort();

describe("what is replaced", () => {
  test("is kept under the installation, with when and where it was in its name", () => {
    expect(replacedDirectoryIn("/srv/backup")).toBe("/srv/backup/replaced");
    const file = put(join(root, "a file"), "by hand");
    const said = run(keepLine(file, at(1)));
    const name = replacedName(file, at(1));
    expect(said).toBe(`kept ${replaced}/${name}\n`);
    expect(name).toMatch(/^20261130T120001Z\+.*\+a file$/);
    expect(readFileSync(join(replaced, name), "utf8")).toBe("by hand");
  });

  test("twice in one second is kept twice", () => {
    const file = put(join(root, "f"), "x");
    run(keepLine(file, at(1)), keepLine(file, at(1)), keepLine(file, at(1)));
    const suffix = commonSuffix(file);
    expect(kept()).toEqual(["", ".2", ".3"].map((number) => `20261130T120001Z${number}${suffix}`).sort());
  });

  test("stays in its newest twenty copies of each path", () => {
    // The first name ends like the second one, and an older version would have spelled both the same.
    const [file, longer, other] = ["f", "deeper/f", "f.2"].map((name) => put(join(root, name), name));
    if (!file || !longer || !other) throw new Error("three files");
    run(...[longer, other].map((path) => keepLine(path, at(0))));
    run(...Array.from({ length: 23 }, (_, index) => keepLine(file, at(1 + Math.floor(index / 2)))));
    const copies = kept().filter((name) => `+${name.split("+").slice(1).join("+")}` === commonSuffix(file));
    expect(copies).toHaveLength(20);
    expect(copies[0]).toMatch(/^20261130T120002Z\.2/);
    expect(kept()).toEqual(expect.arrayContaining([longer, other].map((path) => replacedName(path, at(0)))));
  });

  test("is never removed if it was a foreign directory, or if its name may be that of another path", () => {
    const directory = join(root, "d");
    const lines = Array.from({ length: 22 }, (_, second) => [
      `mkdir ${quote(directory)}`,
      keepLine(directory, at(second), "move"),
    ]);
    run(...lines.flat());
    expect(kept()).toHaveLength(22);
    expect(commonSuffix(`/${"x".repeat(180)}`)).toBe("");
    expect(commonSuffix("/srv/a+b")).not.toBe(commonSuffix("/srv/a/b"));
  });

  test("in place of the installation itself is kept beside it", () => {
    const installation = put(dirname(replaced), "a file in the way");
    const said = run(keepLine(installation, at(1), "move"));
    expect(said).toBe(`kept ${installation}.replaced/${replacedName(installation, at(1))}\n`);
    expect(existsSync(installation)).toBe(false);
  });
});

describe("what a version before has kept in its own place", () => {
  test("moves with the next kept file, without loss", () => {
    const names = ["20260101T000000Z+root+x", "20260101T000000Z+root+x.2", "20260101T000000Z+etc+y z"];
    for (const name of names) put(join(usual, name), name);
    put(join(usual, "20260101T000000Z+srv+d/inside"), "data");
    const file = put(join(root, "f"), "x");
    run(keepLine(file, at(1)));
    expect(kept()).toEqual([...names, "20260101T000000Z+srv+d", replacedName(file, at(1))].sort());
    for (const name of names) expect(readFileSync(join(replaced, name), "utf8")).toBe(name);
    expect(existsSync(usual)).toBe(false);
  });

  test("stays where something of that name is in the new place", () => {
    put(join(usual, "20260101T000000Z+root+x"), "old");
    put(join(replaced, "20260101T000000Z+root+x"), "new");
    run(keepLine(put(join(root, "f"), "x"), at(1)));
    expect(readFileSync(join(usual, "20260101T000000Z+root+x"), "utf8")).toBe("old");
    expect(readFileSync(join(replaced, "20260101T000000Z+root+x"), "utf8")).toBe("new");
  });

  test("is the same place by default, and is left alone by the move", () => {
    usual = replaced;
    put(join(usual, "20260101T000000Z+root+x"), "old");
    run(keepLine(put(join(root, "f"), "x"), at(1)));
    expect(kept()).toHaveLength(2);
  });
});
