import { z } from "zod";

/** Missing variables of a job's environment. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** Variables of a job, all of them non-empty. @throws EnvironmentError that names the missing ones */
export function variables<Name extends string>(
  environment: NodeJS.ProcessEnv,
  ...names: Name[]
): Record<Name, string> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0)
    throw new EnvironmentError(
      `Not set: ${missing.join(", ")}. The workflow of this repository sets them. [DBK-CI-3]`,
    );
  return Object.fromEntries(names.map((name) => [name, environment[name] ?? ""])) as Record<Name, string>;
}

/** The names in STACKS, a JSON list from stacks.sh. @throws EnvironmentError if it is not a list of names */
export function stackNames(environment: NodeJS.ProcessEnv): string[] {
  const { STACKS } = variables(environment, "STACKS");
  try {
    return z.array(z.string().min(1)).min(1).parse(JSON.parse(STACKS));
  } catch (error) {
    throw new EnvironmentError(`STACKS is not a JSON list of names: ${STACKS} [DBK-CI-3]`, { cause: error });
  }
}
