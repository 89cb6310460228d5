import { withProjectNode } from "../infra/local-machine/places.ts";
import { messageOf } from "../scripts/lib/base/errors.ts";
import { help, parseCommandLine, type Request, UsageError } from "./command-line.ts";
import { seed } from "./faults/extent.ts";
import { beginRun, isEnding } from "./interruption.ts";
import type { Counts, Outcome } from "./report.ts";
import { versionVariable } from "./sandbox/postgres-version.ts";
import { withSandboxPulumi } from "./sandbox/set-up/pulumi-cli.ts";
import { ensureImages } from "./sandbox/set-up/set-up.ts";
import { chosenForRest, usualWords } from "./tiers.ts";
import { inRepository, run, runTests } from "./vitest-run.ts";

async function check(environment: NodeJS.ProcessEnv): Promise<Counts> {
  const code = await run(["npm", "run", "--silent", "check"], environment);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** The arguments of Vitest; null if there is nothing to run. */
function vitestWords({ extent, words }: Request): readonly string[] | null {
  if (extent === "full") return words;
  if (extent === "usual") return usualWords(words);
  const files = chosenForRest(extent.seconds);
  console.log(`Of the rest, by seed ${seed()}: ${files.join(", ") || "nothing has time"}`);
  return files.length === 0 ? null : files;
}

function tellSlowest({ files }: Outcome): void {
  const lines = files
    .slice(0, 10)
    .map(({ path, seconds }) => `${seconds.toFixed(0).padStart(5)} s  ${inRepository(path)}`);
  if (lines.length > 1) console.log(`\nThe slowest:\n${lines.join("\n")}`);
}

async function main(request: Request): Promise<void> {
  if (request.postgres !== null) process.env[versionVariable] = String(request.postgres);
  beginRun();
  await ensureImages();
  // The second try makes the same random choices as the first.
  const environment = { ...(await withSandboxPulumi(withProjectNode())), FAULT_SEED: seed() };
  const results: Counts[] = [];
  if (typeof request.extent === "string") results.push(await check(environment));
  if (isEnding()) return;
  const words = vitestWords(request);
  if (words !== null) {
    const outcome = await runTests(words, environment);
    tellSlowest(outcome);
    results.push(outcome);
  }
  const total = (name: keyof Counts) => results.reduce((sum, counts) => sum + counts[name], 0);
  const skipped = total("skipped") > 0 ? `, ${total("skipped")} skipped` : "";
  console.log(`\n${total("passed")} passed, ${total("failed")} failed${skipped}`);
  process.exitCode = total("failed") === 0 ? 0 : 1;
}

try {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) console.log(help);
  else await main(parseCommandLine(argv));
} catch (error) {
  // A run that is being ended reports nothing more.
  if (!isEnding()) {
    console.error(`\n${messageOf(error)}`);
    process.exitCode = error instanceof UsageError ? 64 : 1;
  }
}
