import { spawn } from "node:child_process";
import { appendFileSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectNode, repository, withProjectNode } from "../../infra/local-machine/places.ts";
import { beginRun } from "../interruption.ts";
import { docker } from "../sandbox/docker.ts";
import { usualVersion } from "../sandbox/postgres-version.ts";
import { ensureImages } from "../sandbox/set-up/set-up.ts";
import { seed } from "./extent.ts";
import { reliabilityPage } from "./report.ts";
import { forgetOthers, linesOf, passedFiles, readTally } from "./results.ts";
import { codeState, lockOutOthers, readStates, testedStates } from "./run-state.ts";

/**
 * `npm run faults` provokes every fault and writes docs/RELIABILITY.md once all tests have passed. With the seed of an
 * interrupted or failed run it continues with the test files that have not passed, or whose code, or that of the
 * programs, has changed.
 */

const page = join(repository, "docs", "RELIABILITY.md");
const results = join(repository, ".cache", "faults", seed());
const beginnings = join(results, "begun");
const statesFile = join(results, "states.json");
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

beginRun();
await ensureImages();
mkdirSync(results, { recursive: true });
lockOutOthers(join(repository, ".cache", "faults", "running"));
const named = process.argv.slice(2);
const states = await testedStates(all);
const recorded = readStates(statesFile);
forgetOthers(
  results,
  passedFiles(results).filter((file) => !named.includes(file) && recorded[file] === states[file]),
);
const wanted = named.length > 0 ? named : left();
writeFileSync(statesFile, JSON.stringify(states, null, 2));
appendFileSync(beginnings, `${new Date().toISOString()}\n`);
console.log(`${await codeState()}, seed ${seed()}: ${wanted.length} of ${all.length} test files to run`);
const code = wanted.length === 0 ? 0 : await run(wanted);
const changed = Object.entries(await testedStates(all)).filter(([file, state]) => states[file] !== state);
if (changed.length > 0) {
  console.log(`Changed while it was tested, to be run again: ${changed.map(([file]) => file).join(", ")}`);
  const files = changed.map(([file]) => file);
  forgetOthers(
    results,
    passedFiles(results).filter((file) => !files.includes(file)),
  );
}
const rows = readTally(results, passedFiles(results));
if (left().length === 0) {
  const facts = {
    seed: seed(),
    begun: linesOf(beginnings).map((line) => new Date(line)),
    ended: new Date(),
    code: await codeState(),
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
