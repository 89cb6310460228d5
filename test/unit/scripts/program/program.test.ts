import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "program-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("a program whose watcher has gone works on to its end", async () => {
  const done = join(directory, "done");
  const module = join(import.meta.dirname, "../../../../scripts/lib/program/program.ts");
  const program = join(directory, "program.mts");
  writeFileSync(
    program,
    `import { once } from "node:events";
     import { writeFileSync } from "node:fs";
     import { runProgram } from ${JSON.stringify(module)};
     runProgram({ commandLine: { program: "x", summary: "", options: [], exitCodes: [] }, main: async () => 0 }, ["--help"]);
     await once(process.stdin.resume(), "end");
     process.stdout.write("one");
     process.stderr.write("two");
     setTimeout(() => writeFileSync(${JSON.stringify(done)}, ""), 50);`,
  );
  const child = spawn(process.execPath, [program]);
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stderr.destroy();
  child.stdin.end();
  await once(child, "exit");
  expect(existsSync(done)).toBe(true);
});

test.each([
  [
    "anybody may prune with settings of their own, which are looked at",
    ["--prune", "--settings", "/absent"],
    78,
  ],
  ["anybody may list with settings of their own", ["--list", "--settings", "/absent"], 78],
  ["the deployed settings are root's", ["--prune"], 77],
  ["copying is root's", ["--settings", "/absent"], 77],
])("%s", (_, words, code) => {
  const path = join(import.meta.dirname, "../../../../scripts/copy_backups.ts");
  const asSomebody = ["--import", "data:text/javascript,process.getuid = () => 1000"];
  expect(spawnSync(process.execPath, [...asSomebody, path, ...words]).status).toBe(code);
});
