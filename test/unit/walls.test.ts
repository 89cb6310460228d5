import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

const repository = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(repository, path), "utf8");

interface Wall {
  includes: string[];
  linter: {
    rules: { style: { noRestrictedImports: { options: { patterns: [{ group: string[] }] } } } };
  };
}
const { overrides: walls }: { overrides: Wall[] } = JSON.parse(read("walls.json"));
const groupOf = (folder: string): string[] =>
  walls.find(({ includes }) => includes.includes(`${folder}/**`))?.linter.rules.style.noRestrictedImports
    .options.patterns[0].group ?? [];

const foldersOf = (path: string): string[] =>
  readdirSync(join(repository, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`);
const inLib = [...foldersOf("scripts/lib"), "scripts/contract"];
const inInfra = foldersOf("infra");
const nameOf = (folder: string) => folder.split("/").at(-1) ?? "";

/** The folders that nearly every folder of the programs may import. The document has one word for them. */
const core = ["base", "contract", "system", "program"];

const foldersIn = (cell: string): string[] =>
  cell === "nothing"
    ? []
    : cell
        .replaceAll("`", "")
        .split(", ")
        .flatMap((name) => (name === "core" ? core : [name]));

/** The folders of the document's tables, with their permitted imports. */
const documented = new Map(
  [...read("docs/ARCHITECTURE.md").matchAll(/^\| `([\w/-]+)\/` \| .* \| (nothing|`.*`) \|$/gm)].map(
    ([, folder = "", may = ""]) => [folder, foldersIn(may)],
  ),
);

describe("every folder stands in the document's table and has the wall that the table says", () => {
  test("no file lies beside the folders", () => {
    const files = ["scripts/lib", "infra"].flatMap((path) =>
      readdirSync(join(repository, path), { withFileTypes: true }).filter((entry) => !entry.isDirectory()),
    );
    expect(files.map(({ name }) => name)).toEqual([]);
  });

  test("no other folder is documented", () => {
    expect([...documented.keys()].sort()).toEqual([...inLib, ...inInfra].sort());
  });

  test.each(inLib)("%s", (folder) => {
    const may = documented.get(folder) ?? [];
    const up = (name: string) => {
      if (folder === "scripts/contract") return `!../lib/${name}/**`;
      return name === "contract" ? "!../../contract/**" : `!../${name}/**`;
    };
    const [first, ...others] = groupOf(folder);
    expect(first).toBe("../**");
    expect(others.sort()).toEqual(may.map(up).sort());
  });

  test.each(inInfra)("%s", (folder) => {
    const may = documented.get(folder) ?? [];
    const others = inInfra.map(nameOf).filter((name) => name !== nameOf(folder) && !may.includes(name));
    const shared = may.filter((name) => name.startsWith("scripts/"));
    const allowed = shared.map((name) => `!**/${name}${name.endsWith(".ts") ? "" : "/**"}`);
    // Permitted importers may import only the plugin's entry points.
    const plugin = may.includes("remotehost") ? ["**/remotehost/provider/**"] : [];
    expect(groupOf(folder).toSorted()).toEqual(
      [...others.map((name) => `**/${name}/**`), ...plugin, "**/test/**", "**/scripts/**", ...allowed].sort(),
    );
  });
});

describe("biome check", () => {
  const tree = mkdtempSync(join(tmpdir(), "walls-"));
  afterAll(() => rmSync(tree, { recursive: true }));
  beforeEach(() => {
    for (const name of ["scripts", "infra", "test"])
      rmSync(join(tree, name), { recursive: true, force: true });
    for (const name of ["biome.json", "walls.json", ".gitignore"])
      copyFileSync(join(repository, name), join(tree, name));
    execFileSync("git", ["init", "--quiet", tree]);
  });

  /** Files with a single import, by path, and the rules of biome that must complain. */
  function complaints(files: Record<string, string>): string[] {
    for (const [path, target] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      const line = target === "" ? "export const one = 1;" : `export { one } from "${target}";`;
      writeFileSync(join(tree, path), `${line}\n`);
    }
    const biome = join(repository, "node_modules/.bin/biome");
    const { stdout, status } = spawnSync(biome, ["check", "--error-on-warnings", "--reporter=json", tree], {
      cwd: tree,
      encoding: "utf8",
    });
    const { diagnostics }: { diagnostics: { category: string }[] } = JSON.parse(stdout);
    const found = diagnostics.map(({ category }) => category);
    expect(status === 0, stdout).toBe(found.length === 0);
    return found;
  }

  const restricted = "lint/style/noRestrictedImports";

  test("takes imports that point down", () => {
    const files = {
      "scripts/lib/base/errors.ts": "",
      "scripts/contract/settings.ts": "../lib/base/errors.ts",
      "scripts/lib/store/backups.ts": "../../contract/settings.ts",
      "scripts/lib/retention/rules.ts": "../store/backups.ts",
      "scripts/lib/archive/layers/gzip.ts": "../../base/errors.ts",
      "scripts/lib/archive/format.ts": "./layers/gzip.ts",
      "scripts/backup_database.ts": "./lib/retention/rules.ts",
      "scripts/build.ts": "",
      "scripts/manifest_schema.ts": "./build.ts",
      "infra/config/values.ts": "../../scripts/contract/settings.ts",
      "infra/program/index.ts": "../config/values.ts",
      "infra/remotehost/provider/file/plan.ts": "../../../../scripts/contract/settings.ts",
      "infra/remotehost/looking.ts": "./provider/file/plan.ts",
      "infra/drift/main.ts": "../remotehost/looking.ts",
    };
    expect(complaints(files)).toEqual([]);
  });

  test.each([
    ["up, from the store to a use case", "scripts/lib/store/backups.ts", "scripts/lib/restore/run.ts"],
    [
      "sideways, from the status check to a use case",
      "scripts/lib/status/mail.ts",
      "scripts/lib/backup/run.ts",
    ],
    ["out of the words that everybody uses", "scripts/lib/base/errors.ts", "scripts/lib/time/calendar.ts"],
    [
      "a layer of archives what puts layers together",
      "scripts/lib/archive/layers/gzip.ts",
      "scripts/lib/archive/format.ts",
    ],
    ["a program", "scripts/lib/backup/run.ts", "scripts/backup_database.ts"],
    ["a program from another one", "scripts/prune_backups.ts", "scripts/backup_database.ts"],
    ["a test from a program", "scripts/backup_database.ts", "test/sandbox/docker.ts"],
    ["a test from a room", "scripts/lib/backup/run.ts", "test/sandbox/docker.ts"],
    ["a test from infra", "infra/config/values.ts", "test/sandbox/docker.ts"],
    ["a test from the plugin", "infra/remotehost/provider/file/plan.ts", "test/sandbox/docker.ts"],
    ["infra from a room", "scripts/lib/backup/run.ts", "infra/config/values.ts"],
    ["infra from a program", "scripts/backup_database.ts", "infra/config/values.ts"],
    ["a room from infra", "infra/config/values.ts", "scripts/lib/base/errors.ts"],
    ["a room from the plugin", "infra/remotehost/provider/file/plan.ts", "scripts/lib/base/errors.ts"],
    ["the plugin from the drift report", "infra/drift/main.ts", "infra/remotehost/provider/server.ts"],
    ["the deployment from the configuration", "infra/config/values.ts", "infra/deployment/choice.ts"],
  ])("refuses %s", (_, from, to) => {
    const target = relative(dirname(from), to);
    expect(complaints({ [to]: "", [from]: target.startsWith(".") ? target : `./${target}` })).toEqual([
      restricted,
    ]);
  });

  test("refuses a circle in one folder", () => {
    const files = {
      "scripts/lib/store/backups.ts": "./pins.ts",
      "scripts/lib/store/pins.ts": "./backups.ts",
    };
    expect(complaints(files)).toEqual(["lint/suspicious/noImportCycles", "lint/suspicious/noImportCycles"]);
  });
});
