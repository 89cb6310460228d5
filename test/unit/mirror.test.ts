import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** The folders of unit tests mirror the folders of the code. */

const repository = resolve(import.meta.dirname, "../..");
const mirrored = "test/unit";

const tests = globSync(`${mirrored}/{scripts,infra}/**/*.test.ts`, { cwd: repository }).sort();

/** The code's folder of a test folder. The folders of `scripts/lib` have no `lib` among the tests. */
function folderOf(file: string): string {
  const folder = dirname(relative(mirrored, file));
  const [top, room, ...rest] = folder.split("/");
  const isRoom = top === "scripts" && room !== undefined && room !== "contract";
  return isRoom ? join("scripts/lib", room, ...rest) : folder;
}

/** The code's folders that a test imports. Every test may use infra/local-machine as a tool. */
function importedFolders(file: string): string[] {
  const text = readFileSync(join(repository, file), "utf8");
  const paths = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path = ""]) =>
    relative(repository, resolve(repository, dirname(file), path)),
  );
  const folders = paths.filter((path) => /^(scripts|infra)\//.test(path)).map(dirname);
  return [...new Set(folders)].filter((folder) => folder !== "infra/local-machine");
}

/** Tests that use their subject without an import. */
const exceptions = [
  // Runs a program of the pipeline as a command.
  "test/unit/infra/pipeline/report-drift.test.ts",
  // Declares a whole stack with the mocks of its folder.
  "test/unit/infra/program/server-verification.test.ts",
];

describe("unit tests", () => {
  test("lie in folders that the code has", () => {
    expect(tests.length).toBeGreaterThan(100);
    expect(tests.filter((file) => !existsSync(join(repository, folderOf(file))))).toEqual([]);
  });

  test("import something of the folder that theirs mirrors", () => {
    const elsewhere = tests.filter((file) => {
      const folders = importedFolders(file);
      return folders.length > 0 && !folders.includes(folderOf(file));
    });
    expect(elsewhere).toEqual(exceptions);
  });
});
