import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import type { CheckFailure } from "./resource.ts";
import { accountProblem, modeProblem, pathProblem, type Rule, show } from "./rules.ts";
import type { Unwrapped } from "./wire.ts";

z.config(en());

/** A text that follows the rules. */
export function ruled(...rules: Rule[]): z.ZodMiniString {
  return z.string().check((payload) => {
    for (const rule of rules) {
      const message = rule(payload.value);
      if (message === null) continue;
      payload.issues.push({ code: "custom", input: payload.value, message });
      return;
    }
  });
}

export const connectionSchema = z.strictObject({
  key: z.string().check(z.minLength(1)),
  host: z.string().check(z.minLength(1)),
  user: z.exactOptional(z.string()),
  port: z.exactOptional(z.int().check(z.gte(1), z.lte(65535))),
  hostKey: z.exactOptional(z.string()),
  configFile: z.exactOptional(z.string()),
  identityFile: z.exactOptional(z.string()),
  proxyJump: z.exactOptional(z.string()),
  connectTimeout: z.exactOptional(z.int().check(z.gte(1))),
});

export const placeSchema = {
  connection: connectionSchema,
  path: ruled(pathProblem),
  mode: ruled(modeProblem),
  owner: ruled(accountProblem),
  group: ruled(accountProblem),
};

/** Every problem of the properties with the schema, but for those of properties that are not known yet. */
export function failuresOf(schema: z.core.$ZodType, { values, unknowns }: Unwrapped): CheckFailure[] {
  const result = z.safeParse(schema, values);
  if (result.success) return [];
  return result.error.issues
    .filter((issue) => !unknowns.has(String(issue.path[0])))
    .map((issue) => ({ property: issue.path.join("."), reason: reasonOf(issue) }));
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  return `there is no property ${issue.keys.map(show).join(", ")} here: remove it`;
}
