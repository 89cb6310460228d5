import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { download, upload } from "../../../pipeline/artifacts.ts";

let directory: string;
let artifacts: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "database-backups-artifacts-"));
  artifacts = join(directory, "artifacts");
  mkdirSync(artifacts);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Uploads a workspace's files by these paths. */
function keep(name: string, path: string, ...files: string[]): void {
  const workspace = join(directory, `of-${name}`);
  for (const file of files) {
    mkdirSync(join(workspace, dirname(file)), { recursive: true });
    writeFileSync(join(workspace, file), "");
  }
  upload({ name, path, "if-no-files-found": "ignore" }, workspace, artifacts);
}

function filesIn(path: string): string[] {
  const entries = globSync("**/*", { cwd: path, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1)).toSorted();
}

function got(more: Record<string, string> = {}): string[] {
  const workspace = join(directory, "downloaded");
  download({ pattern: "drift-*", path: "reports", ...more }, workspace, artifacts);
  return filesIn(join(workspace, "reports"));
}

test.each<[string, string[], string[]]>([
  ["reports/", ["reports/drift-prod/report.md", "other"], ["drift-prod/report.md"]],
  ["docs/RELIABILITY.md", ["docs/RELIABILITY.md"], ["RELIABILITY.md"]],
  ["a/b\na/c/d\n", ["a/b/1", "a/c/d/2", "a/c/3"], ["b/1", "c/d/2"]],
  ["reports/", ["other"], []],
])("%j uploads %j as %j", (path, files, kept) => {
  keep("drift-prod", path, ...files);
  expect(filesIn(join(artifacts, "drift-prod"))).toEqual(kept);
});

test("of two artifacts each gets a folder, a single one none", () => {
  keep("preview-prod", "out", "out/1");
  keep("drift-prod", "out", "out/1");
  expect(got()).toEqual(["1"]);
  keep("drift-other", "out", "out/1");
  rmSync(join(directory, "downloaded"), { recursive: true });
  expect(got()).toEqual(["drift-other/1", "drift-prod/1"]);
});

test("merged, one looks as several do", () => {
  keep("drift-prod", "out", "out/drift-prod/1");
  expect(got({ "merge-multiple": "true" })).toEqual(["drift-prod/1"]);
  keep("drift-other", "out", "out/drift-other/1");
  expect(got({ "merge-multiple": "true" })).toEqual(["drift-other/1", "drift-prod/1"]);
});
