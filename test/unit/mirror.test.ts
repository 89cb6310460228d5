import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

/** A unit test stands in the folder of what it tests, all the way down. */

const repository = resolve(import.meta.dirname, "../..");
const mirrored = "test/unit";

const tests = globSync(`${mirrored}/{scripts,infra}/**/*.test.ts`, { cwd: repository }).sort();

/** The folder of the code that a folder of tests belongs to; the rooms of `scripts/lib` stand beside the programs' tests. */
function folderOf(file: string): string {
  const folder = dirname(relative(mirrored, file));
  const [top, room, ...rest] = folder.split("/");
  const isRoom = top === "scripts" && room !== undefined && room !== "contract";
  return isRoom ? join("scripts/lib", room, ...rest) : folder;
}

/** The folders of the code that a file imports itself. What only runs a command or writes a file is every test's tool. */
function importedFolders(file: string): string[] {
  const text = readFileSync(join(repository, file), "utf8");
  const paths = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path = ""]) =>
    relative(repository, resolve(repository, dirname(file), path)),
  );
  const folders = paths.filter((path) => /^(scripts|infra)\//.test(path)).map(dirname);
  return [...new Set(folders)].filter((folder) => folder !== "infra/local-machine");
}

/** They reach what they test otherwise than by an import. */
const exceptions = [
  // Runs a pipeline's program as a command.
  "test/unit/infra/pipeline/report-drift.test.ts",
  // Declares a whole stack, by the mocks beside it.
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
