import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buildPrograms, programsVersion } from "../../../scripts/build.ts";
import { programNames } from "../../../scripts/contract/programs.ts";
import { bundleLimit } from "../../bundle-limits.ts";

const scratch = mkdtempSync(join(tmpdir(), "build-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A copy of the programs' sources at another path. */
function checkout(name: string): string {
  const root = join(scratch, name);
  mkdirSync(root);
  for (const part of ["scripts", "package.json", "tsconfig.json"])
    cpSync(part, join(root, part), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  for (const dependency of ["zod", "esbuild"]) {
    cpSync(join("node_modules", dependency), join(root, "node_modules", dependency), { recursive: true });
  }
  return root;
}

describe.each(programNames)("%s", (name) => {
  test("is one small file that starts without anything beside it", async () => {
    const [bundle] = await buildPrograms(undefined, [name]);
    expect(bundle?.bytes).toBeLessThan(bundleLimit(name));
    const alone = join(scratch, `${name}.cjs`);
    writeFileSync(alone, bundle?.text ?? "");
    const { status, stdout } = spawnSync(process.execPath, [alone, "--help"], {
      cwd: scratch,
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining(name) });
  });

  test("requires each module of Node once", async () => {
    const [bundle] = await buildPrograms(undefined, [name]);
    const required = bundle?.text.match(/require\("[^"]+"\)/g) ?? [];
    expect(required.length).toBeGreaterThan(3);
    expect([...new Set(required)]).toEqual(required);
  });

  test("calls what is Node's by a short name", async () => {
    const [bundle] = await buildPrograms(undefined, [name]);
    expect(bundle?.text).toMatch(/\bvar\{[\w$:,]+\}=require\("node:fs"\)/);
    expect(bundle?.text).not.toMatch(/\(0,[\w$]+\.[\w$]+\)\(|\.(?:openSync|readFileSync)\(/);
  });
});

test("two checkouts at different paths make the same bytes, and so the same version", async () => {
  const [one, other] = [checkout("one"), checkout("another place")];
  const texts = async (root: string) => (await buildPrograms(root)).map(({ file: _, ...bundle }) => bundle);
  expect(await texts(one)).toEqual(await texts(other));
  expect(programsVersion(await buildPrograms(one), one)).toBe(
    programsVersion(await buildPrograms(other), other),
  );
});

test("a program that takes a module of Node as a whole is refused", async () => {
  const root = checkout("whole");
  const path = join(root, "scripts", "pin_backup.ts");
  const building = (text: string) => {
    writeFileSync(path, `${text}\n`);
    return buildPrograms(root, ["pin_backup"]);
  };
  await expect(building('import fs from "node:fs"; console.log(fs.openSync);')).rejects.toThrow("node:fs");
  await expect(building('import * as fs from "node:fs"; console.log(fs.openSync);')).rejects.toThrow(
    "openSync",
  );
  const [named] = await building('import { openSync as open } from "node:fs"; console.log(open);');
  expect(named?.text).toBe('"use strict";\nvar{openSync:o}=require("node:fs");console.log(o);\n');
});

test("a bundle is made again when a source's text has changed, and not when only its time has", async () => {
  const root = checkout("changed");
  const name = "backup_database";
  const [before] = await buildPrograms(root, [name]);
  rmSync(join(root, "node_modules", "esbuild", "lib"), { recursive: true });
  utimesSync(join(root, "scripts", `${name}.ts`), new Date(0), new Date(0));
  expect((await buildPrograms(root, [name]))[0]).toEqual(before);
  symlinkSync(resolve("node_modules/esbuild/lib"), join(root, "node_modules", "esbuild", "lib"));
  writeFileSync(join(root, "scripts", `${name}.ts`), 'console.log("another program");\n');
  const [after] = await buildPrograms(root, [name]);
  expect(after?.text).toContain("another program");
  const read = (bundle = after) => readFileSync(bundle?.file ?? "", "utf8");
  expect([read(before), read(after)]).toEqual([before?.text, after?.text]);

  utimesSync(before?.file ?? "", new Date(0), new Date(0));
  writeFileSync(join(root, "scripts", `${name}.ts`), 'console.log("a third program");\n');
  const [last] = await buildPrograms(root, [name]);
  expect([before, after, last].map((bundle) => existsSync(bundle?.file ?? ""))).toEqual([false, true, true]);
});
