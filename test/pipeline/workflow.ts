import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { repository } from "../../infra/local-machine/places.ts";

export const workflowDirectory = join(repository, ".github", "workflows");

const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const Step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), Text).optional(),
  env: z.record(z.string(), Text).optional(),
  run: z.string().optional(),
});

const Concurrency = z.strictObject({ group: z.string(), "cancel-in-progress": Text });

const Job = z.strictObject({
  name: z.string(),
  if: z.string().optional(),
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).optional(),
  strategy: z
    .strictObject({
      "fail-fast": z.literal(false),
      matrix: z.record(z.string(), z.union([z.string(), z.array(Text)])),
    })
    .optional(),
  concurrency: Concurrency.optional(),
  environment: z.strictObject({ name: z.string(), deployment: z.boolean().optional() }).optional(),
  "runs-on": z.string(),
  "timeout-minutes": z.int(),
  permissions: z.record(z.string(), z.enum(["read", "write"])),
  outputs: z.record(z.string(), z.string()).optional(),
  steps: z.array(Step),
});

/** The part of GitHub's syntax that this repository's workflows use. Anything else is refused. */
const Workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({}),
  defaults: z.strictObject({ run: z.strictObject({ shell: z.literal("bash") }) }),
  concurrency: Concurrency.optional(),
  jobs: z.record(z.string(), Job),
});

export type Workflow = z.infer<typeof Workflow>;
export type Job = z.infer<typeof Job>;
export type Step = z.infer<typeof Step>;

/** The files of all workflows, such as `check.yml`. */
export function workflowFiles(): string[] {
  return readdirSync(workflowDirectory).toSorted();
}

export function workflowText(file: string): string {
  return readFileSync(join(workflowDirectory, file), "utf8");
}

/** @throws ZodError if a workflow has syntax that these tests do not know */
export function readWorkflow(file: string): Workflow {
  return Workflow.parse(parse(workflowText(file)));
}
