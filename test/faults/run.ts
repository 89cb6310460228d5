import { spawn } from "node:child_process";
import { appendFileSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectNode, repository, withProjectNode } from "../sandbox/cache.ts";
import { docker } from "../sandbox/docker.ts";
import { usualVersion } from "../sandbox/postgres-version.ts";
import { ensureImages } from "../sandbox/set-up/set-up.ts";
import { seed } from "./extent.ts";
import { reliabilityPage } from "./report.ts";
import { forgetOthers, linesOf, passedFiles, readTally } from "./results.ts";
import { codeState, lockOutOthers, refuseOther } from "./run-state.ts";

/**
 * `npm run faults`: every fault, and docs/RELIABILITY.md of what came of them once all have passed. With the seed of a
 * run that was cut off, or in which something failed, it goes on with the test files that have not passed.
 */

const page = join(repository, "docs", "RELIABILITY.md");
const results = join(repository, ".cache", "faults", seed());
const beginnings = join(results, "begun");
const all = globSync("test/faults/**/*.test.ts", { cwd: repository }).sort();
const left = () => all.filter((file) => !passedFiles(results).includes(file));

function run(files: readonly string[]): Promise<number> {
  const vitest = join(repository, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=verbose", `--reporter=${join(import.meta.dirname, "progress.ts")}`];
  const argv = [vitest, "run", "--project", "faults", ...reporters, ...files];
  const env = {
    ...withProjectNode(),
    FAULTS: "full",
    FAULT_SEED: seed(),
    FAULT_RESULTS: results,
    FAULT_SHARE: "1",
  };
  const child = spawn(projectNode, argv, { cwd: repository, env, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

await ensureImages();
mkdirSync(results, { recursive: true });
lockOutOthers(join(repository, ".cache", "faults", "running"));
const state = await codeState();
refuseOther(join(results, "code"), state, seed());
const named = process.argv.slice(2);
forgetOthers(
  results,
  passedFiles(results).filter((file) => !named.includes(file)),
);
appendFileSync(beginnings, `${new Date().toISOString()}\n`);
const wanted = named.length > 0 ? named : left();
console.log(`${state}, seed ${seed()}: ${wanted.length} of ${all.length} test files to run`);
const code = wanted.length === 0 ? 0 : await run(wanted);
const rows = readTally(results, passedFiles(results));
const after = await codeState();
if (left().length === 0) {
  const facts = {
    seed: seed(),
    begun: linesOf(beginnings).map((line) => new Date(line)),
    ended: new Date(),
    code:
      after === state ? state : `${state} at the beginning, ${after} at the end: not one state of the code`,
    postgres: String(usualVersion()),
    docker: await docker(["version", "--format", "{{.Server.Version}}"]),
  };
  writeFileSync(page, reliabilityPage(rows, facts));
  rmSync(results, { recursive: true });
  console.log(`${page} is written`);
} else {
  const again = `FAULT_SEED=${seed()} npm run faults`;
  console.log(`${rows.length} faults survived; not yet passed: ${left().join(", ")}; go on with: ${again}`);
}
process.exitCode = code !== 0 || (named.length === 0 && left().length > 0) ? 1 : 0;
