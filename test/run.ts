import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectNode, repository, withProjectNode } from "./sandbox/cache.ts";
import { withPulumi } from "./sandbox/set-up/pulumi.ts";
import { ensureImages } from "./sandbox/set-up/set-up.ts";

/** `npm test`: the set-up, the static checks, every test, and a closing line with the counts of both. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

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

/** Runs Vitest with the words of the command line (files, -t …) and counts by its own report. */
async function test(environment: NodeJS.ProcessEnv): Promise<Counts> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const vitest = join(repository, "node_modules", "vitest", "vitest.mjs");
    const code = await run([projectNode, vitest, "run", ...reporters, ...process.argv.slice(2)], environment);
    const counts = countsIn(readFileSync(report, "utf8"));
    // A file that cannot be loaded, or an error outside of every test, fails the run and no test.
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function countsIn(report: string): Counts {
  const parsed: Record<string, unknown> = JSON.parse(report);
  const count = (name: string) => Number(parsed[name] ?? 0);
  return {
    passed: count("numPassedTests"),
    failed: count("numFailedTests"),
    skipped: count("numPendingTests") + count("numTodoTests"),
  };
}

await ensureImages();
const environment = await withPulumi(withProjectNode());
const results = [await check(environment), await test(environment)];
const total = (name: keyof Counts) => results.reduce((sum, counts) => sum + counts[name], 0);
const skipped = total("skipped") > 0 ? `, ${total("skipped")} skipped` : "";
console.log(`\n${total("passed")} passed, ${total("failed")} failed${skipped}`);
process.exitCode = total("failed") === 0 ? 0 : 1;
