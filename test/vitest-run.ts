import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { projectNode, repository } from "../infra/local-machine/places.ts";
import { afterSecondTry, type Outcome, outcomeOf, passedLater, secondTry } from "./report.ts";

/** The files that passed only at their second try, one a line, of all runs in this directory. CI keeps it. */
const secondTries = join(repository, ".cache", "tests", "second-tries.jsonl");

/** Runs a program of the repository. @returns its exit code */
export function run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [program = "", ...rest] = argv;
  const child = spawn(program, rest, { cwd: repository, env: environment, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Runs Vitest with the words of a command line (files, -t …). What fails is run once more, alone, and what passes then is
 * named in the end and written to {@link secondTries}.
 */
export async function runTests(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const first = await runOnce(words, environment);
  const files = secondTry(first);
  if (files.length === 0) return first;
  console.log(`\nOnce more, one file at a time: ${files.map(inRepository).join(", ")}\n`);
  const again = await runOnce(["--maxWorkers=1", ...files], environment);
  for (const { path, tests } of first.failedFiles) {
    console.log(
      `Failed at the first try: ${inRepository(path)}${tests.map((name) => `\n  ${name}`).join("")}`,
    );
  }
  note(passedLater(first, again), environment.FAULT_SEED);
  return afterSecondTry(first, again);
}

export const inRepository = (path: string): string => relative(repository, path);

/** Runs Vitest and reads its own report. */
async function runOnce(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "database-backups-test-"));
  const report = join(directory, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const program = join(repository, "node_modules", "vitest", "vitest.mjs");
    const exitCode = await run([projectNode, program, "run", ...reporters, ...words], environment);
    if (!existsSync(report)) throw new Error(`Vitest ended with ${exitCode} and left no report`);
    return outcomeOf(readFileSync(report, "utf8"), exitCode);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function note(files: Outcome["failedFiles"], seed: string | undefined): void {
  mkdirSync(dirname(secondTries), { recursive: true });
  const at = new Date().toISOString();
  const lines = files.map(({ path, tests }) => JSON.stringify({ at, file: inRepository(path), tests, seed }));
  appendFileSync(secondTries, lines.map((line) => `${line}\n`).join(""));
}
