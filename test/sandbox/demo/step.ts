import { performance } from "node:perf_hooks";
import { styleText } from "node:util";
import { type CommandResult, execute } from "../../../infra/local-machine/command.ts";

/** Where the demo's commands run. */
export interface Shell {
  directory: string;
  environment: NodeJS.ProcessEnv;
}

/** Says what is wrong with a command's result, or null if it is what it should be. */
export type Expectation = (result: CommandResult) => string | null;

/** A step of the demo did not do what it should. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/**
 * Runs one step: shows the command as a person would type it, its output as it comes, and how long it took.
 * @throws DemoError when the result is not what the step expects.
 */
export async function step(
  shell: Shell,
  title: string,
  command: string,
  expectation: Expectation,
): Promise<CommandResult> {
  process.stdout.write(`\n${styleText("bold", title)}\n${styleText("cyan", `$ ${command}`)}\n`);
  const began = performance.now();
  const result = await execute(["sh", "-c", command], {
    cwd: shell.directory,
    env: shell.environment,
    onOutput: (text) => process.stdout.write(text),
  });
  process.stdout.write(`${styleText("dim", `(exit code ${result.code}, ${seconds(began)})`)}\n`);
  const problem = expectation(result);
  if (problem !== null) throw new DemoError(`“${title}” did not do what it should: ${problem}`);
  return result;
}

/** The exit code is `code`, and everything of `texts` stands in the output. */
export function exits(code: number, ...texts: string[]): Expectation {
  return (result) => {
    if (result.code !== code) return `exit code ${result.code} instead of ${code}`;
    const missing = texts.filter((text) => !`${result.stdout}${result.stderr}`.includes(text));
    return missing.length === 0 ? null : `its output lacks ${missing.map((text) => `“${text}”`).join(", ")}`;
  };
}
