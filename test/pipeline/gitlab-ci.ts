import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { repository } from "../../infra/local-machine/places.ts";

const Rule = z.strictObject({ if: z.string(), when: z.enum(["never", "manual", "always"]).optional() });

const Job = z.strictObject({
  extends: z.literal(".stacks").optional(),
  stage: z.string(),
  needs: z.array(z.strictObject({ job: z.string(), artifacts: z.boolean() })).optional(),
  rules: z.array(Rule).min(1),
  environment: z.strictObject({ name: z.string(), action: z.literal("access").optional() }).optional(),
  resource_group: z.string().optional(),
  interruptible: z.boolean().optional(),
  allow_failure: z.boolean().optional(),
  timeout: z.string(),
  script: z.array(z.string()).min(1),
  artifacts: z
    .strictObject({
      when: z.literal("always"),
      expose_as: z
        .string()
        .regex(/^[\w -]+$/)
        .optional(),
      paths: z.array(z.string()),
      expire_in: z.string(),
    })
    .optional(),
});

/** The part of GitLab's syntax that .gitlab-ci.yml uses. Anything else is refused. */
const Pipeline = z
  .strictObject({
    workflow: z.strictObject({ rules: z.array(Rule) }),
    stages: z.array(z.string()),
    default: z.strictObject({ image: z.string() }),
    ".stacks": z.strictObject({
      parallel: z.strictObject({ matrix: z.tuple([z.strictObject({ STACK: z.array(z.string()) })]) }),
    }),
  })
  .catchall(Job)
  .transform(({ workflow, stages, default: defaults, ".stacks": stacks, ...jobs }) => ({
    ...{ workflow, stages, defaults, jobs: jobs as Record<string, z.infer<typeof Job>> },
    stacks: stacks.parallel.matrix[0].STACK,
  }));

export type GitLabPipeline = z.infer<typeof Pipeline>;

/** @throws ZodError if the file has syntax that these tests do not know */
export function readGitLabPipeline(): GitLabPipeline {
  return Pipeline.parse(parse(readFileSync(join(repository, ".gitlab-ci.yml"), "utf8")));
}

/** The commands of a job in their order. */
export function commandsOf(name: string): string[] {
  const job = readGitLabPipeline().jobs[name];
  if (!job) throw new Error(`.gitlab-ci.yml has no job ${name}`);
  return job.script;
}
