import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectNode, repository, withProjectNode } from "../infra/local-machine/places.ts";
import { seed } from "./faults/extent.ts";
import { afterSecondTry, type Counts, type Outcome, outcomeOf, secondTry } from "./report.ts";
import { postgresVersion, versionVariable } from "./sandbox/postgres-version.ts";
import { withSandboxPulumi } from "./sandbox/set-up/pulumi-cli.ts";
import { ensureImages } from "./sandbox/set-up/set-up.ts";

/**
 * `npm test`: the set-up, the static checks, every test, and a closing line with the counts of both. With `--postgres
 * N` the sandbox's databases are of that major version; every other word is Vitest's.
 */

function run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, { cwd: repository, env: environment, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function check(environment: NodeJS.ProcessEnv): Promise<Counts> {
  const code = await run(["npm", "run", "--silent", "check"], environment);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** Runs Vitest with the words of a command line (files, -t …) and reads its own report. */
async function vitest(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const program = join(repository, "node_modules", "vitest", "vitest.mjs");
    const exitCode = await run([projectNode, program, "run", ...reporters, ...words], environment);
    return outcomeOf(readFileSync(report, "utf8"), exitCode);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Every test; what fails is run once more, alone, and a test that passes then is named in the end. */
async function test(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const first = await vitest(words, environment);
  const files = secondTry(first);
  if (files.length === 0) return first;
  console.log(`\nOnce more, one file at a time: ${files.join(", ")}\n`);
  const again = await vitest(["--maxWorkers=1", ...files], environment);
  for (const { path, tests } of first.failedFiles) {
    console.log(`Failed at the first try: ${path}${tests.map((name) => `\n  ${name}`).join("")}`);
  }
  return afterSecondTry(first, again);
}

/** Takes `--postgres N` out of the words and makes N the usual version, of this process and of Vitest's. */
function choosePostgres(words: readonly string[]): string[] {
  const at = words.indexOf("--postgres");
  if (at < 0) return [...words];
  try {
    process.env[versionVariable] = String(postgresVersion(words[at + 1] ?? "", "--postgres"));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(64);
  }
  return words.toSpliced(at, 2);
}

async function main(): Promise<void> {
  const words = choosePostgres(process.argv.slice(2));
  await ensureImages();
  // The second try makes the same choices as the first.
  const environment = { ...(await withSandboxPulumi(withProjectNode())), FAULT_SEED: seed() };
  const results: Counts[] = [await check(environment), await test(words, environment)];
  const total = (name: keyof Counts) => results.reduce((sum, counts) => sum + counts[name], 0);
  const skipped = total("skipped") > 0 ? `, ${total("skipped")} skipped` : "";
  console.log(`\n${total("passed")} passed, ${total("failed")} failed${skipped}`);
  process.exitCode = total("failed") === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
