import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { replaceFile } from "../../../../infra/local-machine/atomic-file.ts";
import { execute } from "../../../../infra/local-machine/command.ts";
import { repository } from "../../../../infra/local-machine/places.ts";

const directory = mkdtempSync(join(tmpdir(), "local-machine-"));
afterAll(() => rmSync(directory, { recursive: true }));

const asCaller = join(repository, "infra", "start", "as-caller.sh");
const { SUDO_UID: _, CALLER_ENVIRONMENT: __, ...environment } = process.env;

test("without sudo the script gets its words, its environment and its exit code as they are", async () => {
  const script = join(directory, "echo.sh");
  writeFileSync(script, 'printf "%s|" "$@"; id -u; exit 7\n');
  for (const added of [{}, { SUDO_UID: "0" }]) {
    const { code, stdout } = await execute(["sh", asCaller, script, "a b", "", "$HOME"], {
      env: { ...environment, ...added },
    });
    expect([code, stdout]).toEqual([7, `a b||$HOME|${process.getuid?.()}\n`]);
  }
});

test("a script that cannot be read is named", async () => {
  const { code, stderr } = await execute(["sh", asCaller, join(directory, "missing.sh")], {
    env: environment,
  });
  expect(code).toBe(77);
  expect(stderr).toContain("missing.sh. Check the project out where they can. [DBK-CLI-5]");
});

test("dependencies that are a link to another checkout's are never installed again", async () => {
  const clone = join(directory, "clone");
  for (const path of ["infra/start", "node_modules.other/node/bin"])
    mkdirSync(join(clone, path), { recursive: true });
  symlinkSync(join(clone, "node_modules.other"), join(clone, "node_modules"));
  const node = join(clone, "node_modules.other/node/bin/node");
  writeFileSync(node, '#!/bin/sh\necho "$@"\n');
  chmodSync(node, 0o755);
  writeFileSync(join(clone, "package-lock.json"), "{}");
  const run = join(clone, "infra/start/run.sh");
  writeFileSync(run, readFileSync(join(repository, "infra/start/run.sh")));
  const { code, stdout, stderr } = await execute(["sh", run, "some/program.ts", "word"]);
  expect([code, stdout, stderr]).toEqual([0, `${clone}/some/program.ts word\n`, ""]);
});

test("of several at once one installs the dependencies, and the others wait for it", async () => {
  const clone = join(directory, "fresh-clone");
  for (const path of ["infra/start", "bin"]) mkdirSync(join(clone, path), { recursive: true });
  writeFileSync(join(clone, "package-lock.json"), "{}");
  const run = join(clone, "infra/start/run.sh");
  writeFileSync(run, readFileSync(join(repository, "infra/start/run.sh")));
  // A second run at the same time would find the directory and fail.
  const npm = `#!/bin/sh
    set -e; mkdir room; sleep 0.3; mkdir -p node_modules/node/bin
    printf '#!/bin/sh\\necho ran\\n' >node_modules/node/bin/node; chmod +x node_modules/node/bin/node
    touch node_modules/.package-lock.json; rmdir room; echo once >>installed\n`;
  writeFileSync(join(clone, "bin/npm"), npm, { mode: 0o755 });
  const env = { ...environment, PATH: `${clone}/bin:${environment.PATH}` };
  const runs = Array.from({ length: 4 }, () => execute(["sh", run, "program.ts"], { env }));
  for (const { code, stdout, stderr } of await Promise.all(runs))
    expect([code, stdout], stderr).toEqual([0, "ran\n"]);
  expect(readFileSync(join(clone, "installed"), "utf8")).toBe("once\n");
});

test("a file is replaced as a whole, keeps its mode, and a link to it stays one", () => {
  const path = join(directory, "file");
  const link = join(directory, "link");
  writeFileSync(path, "old", { mode: 0o640 });
  symlinkSync("file", link);
  const { ino } = statSync(path);
  replaceFile(link, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).ino).not.toBe(ino);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  replaceFile(join(directory, "fresh"), "made");
  expect(readFileSync(join(directory, "fresh"), "utf8")).toBe("made");
});
