import * as z from "zod";
import { planOfTexts } from "../config/load.ts";
import { project } from "../config/names.ts";
import type { StackPlan } from "../config/plan.ts";
import { execute } from "../local-machine/command.ts";
import { withProjectNode } from "../local-machine/places.ts";
import { withPulumi } from "../pulumi-cli/pulumi-cli.ts";

/** The configuration cannot be read. */
export class ConfigurationError extends Error {}

const Values = z.record(
  z.string(),
  z.object({ value: z.string().optional(), secret: z.boolean().optional() }),
);

/** A stack and its decrypted configuration. */
export interface StackConfiguration {
  /** `PROJECT/STACK`, as the stack's copies name it. */
  id: string;
  plan: StackPlan;
}

/**
 * Reads a stack's configuration, secrets included, as `pulumi up` does. No server is contacted.
 * @throws ConfigurationError; ConfigError with every problem of the configuration
 */
export async function readConfiguration(stack: string): Promise<StackConfiguration> {
  const words = ["pulumi", "config", "--json", "--show-secrets", "--non-interactive", "--stack", stack];
  const env = { ...(await withPulumi(withProjectNode())), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { code, stderr, stdout } = await execute(words, { env });
  // What it printed on standard output may be secret.
  if (code !== 0)
    throw new ConfigurationError(
      `the configuration of ${stack} cannot be read: ${stderr.trim().replace(/^error: /, "")} [DBK-COPY-19]`,
    );
  return configurationOf(stack, valuesIn(stack, stdout));
}

function valuesIn(stack: string, text: string): z.infer<typeof Values> {
  try {
    return Values.parse(JSON.parse(text));
  } catch {
    // The parser's message may repeat a part of the text.
    throw new ConfigurationError(
      `the configuration of ${stack} cannot be read: pulumi config --json printed something else [DBK-COPY-19]`,
    );
  }
}

/** @throws ConfigError */
export function configurationOf(stack: string, values: z.infer<typeof Values>): StackConfiguration {
  const prefix = `${project}:`;
  const own = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  const named = own.map(([key, one]) => ({ ...one, key: key.slice(prefix.length) }));
  const short = stack.split("/").at(-1) ?? stack;
  const plan = planOfTexts(
    Object.fromEntries(named.map(({ key, value = "" }) => [key, value])),
    new Set(named.flatMap(({ key, secret }) => (secret === true ? [key] : []))),
    { project, stack: short },
  );
  return { id: `${project}/${short}`, plan };
}
