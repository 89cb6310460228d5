import { getProject, getStack } from "@pulumi/pulumi/metadata.js";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { crossProblems } from "./checks.ts";
import { ConfigError } from "./config-error.ts";
import { copyKeyName, passwordsKey } from "./names.ts";
import { parsedValue } from "./parsed-value.ts";
import { type StackPlan, stackPlan } from "./plan.ts";
import { type Problem, schemaProblems, withoutEchoes } from "./problems.ts";
import { Configuration } from "./schema.ts";
import { maySecret, plainSecrets } from "./secrets.ts";

const secretProblem = (key: string): Problem => ({
  path: [key],
  text: `must not be a secret: nothing in it is, and a secret would stand in plain text in the state; only ${passwordsKey}, ${copyKeyName}, monitoring.pingUrl and what opens a store may be one`,
});

/** A copy of `value` without what stands at the path. */
function without(value: unknown, [key, ...rest]: Problem["path"]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || key === undefined) return value;
  const entries = Object.entries(value).filter(([name]) => rest.length > 0 || name !== String(key));
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, name === String(key) ? without(inner, rest) : inner]),
  );
}

/**
 * The plan of a stack's configuration, or all its problems.
 * @param root the project's keys and what stands under each, as read from the file
 * @param secretKeys the keys under which something is secret
 */
export function planOf(
  root: Record<string, unknown>,
  secretKeys: readonly string[] = [],
): { plan: StackPlan } | { problems: Problem[] } {
  const result = Configuration.safeParse(root);
  const problems = result.success ? [] : schemaProblems(result.error, Configuration, root, secretKeys);
  // Invalid values are left out, so that the others are still checked against each other.
  const rest = problems.reduce<unknown>((value, { path }) => without(value, path), root);
  const configuration = result.success ? result : Configuration.safeParse(rest);
  if (!configuration.success) return { problems };
  const plan = stackPlan(configuration.data);
  problems.push(...crossProblems(configuration.data, plan, Object.keys(root.databases ?? {})));
  return problems.length > 0 ? { problems: withoutEchoes(problems) } : { plan };
}

/** The project's configuration keys, without the project's name. Keys of other projects (providers) are left out. */
function projectValues(project: string): Record<string, string> {
  const entries = Object.entries(allConfig());
  return Object.fromEntries(
    entries
      .filter(([key]) => key.startsWith(`${project}:`))
      .map(([key, value]) => [key.slice(project.length + 1), value]),
  );
}

/** Which configuration keys hold a secret; the SDK's own types leave its function for it out. */
function secretKeys(): Set<string> {
  const keys: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  return new Set(Array.isArray(keys) ? keys.map(String) : []);
}

/** Problems of the passwords: each managed database must have one, and it must be secret. */
function passwordProblems(plan: StackPlan, passwords: unknown, isSecret: boolean): Problem[] {
  const given = typeof passwords === "object" && passwords !== null ? passwords : {};
  const managed = plan.servers.flatMap(({ databases }) =>
    databases.filter((one) => one.managedContainer !== null),
  );
  const missing = managed
    .filter(({ name }) => typeof Reflect.get(given, name) !== "string")
    .map(({ name }) => ({
      path: [passwordsKey, name],
      text: `is missing: set it with pulumi config set --secret --path '${passwordsKey}.${name}'`,
    }));
  return isSecret || passwords === undefined
    ? missing
    : [
        { path: [passwordsKey], text: "must be a secret: set it with pulumi config set --secret" },
        ...missing,
      ];
}

/**
 * Reads the running stack's configuration.
 * @throws ConfigError with every problem, each with its path in the stack's file
 */
export function loadPlan(): StackPlan {
  const project = getProject();
  const prefix = `${project}:`;
  const secrets = [...secretKeys()].filter((key) => key.startsWith(prefix));
  return planOfTexts(projectValues(project), new Set(secrets.map((key) => key.slice(prefix.length))), {
    project,
    stack: getStack(),
  });
}

/**
 * The plan of decrypted values as Pulumi gives them.
 * @param texts by the keys of the project, without its name
 * @param secrets the keys under which something is secret
 * @throws ConfigError with every problem, each with its path in the stack's file
 */
export function planOfTexts(
  { [passwordsKey]: passwordText, ...values }: Readonly<Record<string, string>>,
  secrets: ReadonlySet<string>,
  { project, stack }: { project: string; stack: string },
): StackPlan {
  const root = Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, key === copyKeyName ? text : parsedValue(text)]),
  );
  const secretOnes = Object.keys(values).filter((key) => secrets.has(key));
  const result = planOf(root, secretOnes);
  const passwords = passwordText === undefined ? undefined : parsedValue(passwordText);
  // The engine reports only the key of a secret, not its place in the value.
  const wronglySecret = secretOnes.filter((key) => !maySecret(root, key));
  const problems = [
    ...wronglySecret.map(secretProblem),
    ...plainSecrets(root, secretOnes),
    // Problems of a secret are not described, because that would show it.
    ...("problems" in result
      ? result.problems.filter(({ path }) => !wronglySecret.includes(String(path[0])))
      : passwordProblems(result.plan, passwords, secrets.has(passwordsKey))),
  ];
  if (problems.length > 0 || "problems" in result) throw new ConfigError(project, stack, problems);
  return result.plan;
}
