// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are expressions of workflows
import { describe, expect, test } from "vitest";
import { condition, evaluated } from "../../../pipeline/expressions.ts";
import {
  type Job,
  readWorkflow,
  type Step,
  workflowFiles,
  workflowText,
} from "../../../pipeline/workflow.ts";

const files = workflowFiles();
const jobs: [string, string, Job][] = files.flatMap((file) =>
  Object.entries(readWorkflow(file).jobs).map(([name, job]): [string, string, Job] => [file, name, job]),
);

test("the workflows are these", () => {
  expect(files).toEqual(["check.yml", "deploy.yml", "drift.yml", "preview.yml"]);
});

describe.each(files)("%s", (file) => {
  const text = workflowText(file);

  test("every action is GitHub's own, pinned by its commit, with its version beside it", () => {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("no untrusted event, and nothing is put into a script but by a variable", () => {
    expect(text.replaceAll(/#.*/g, "")).not.toMatch(/pull_request_target|workflow_run|issue_comment/);
    for (const { run = "" } of stepsOf(file)) expect(run).not.toContain("${{");
  });

  test("a script of several lines stops at the first failure", () => {
    for (const { run = "" } of stepsOf(file))
      if (run.includes("\n")) expect(run).toMatch(/^set -euo pipefail\n/);
  });

  test("no checkout leaves a token behind, no job shares a cache", () => {
    const inputs = (action: string) =>
      stepsOf(file)
        .filter(({ uses }) => uses?.startsWith(`actions/${action}@`))
        .map((step) => step.with ?? {});
    for (const input of inputs("checkout")) expect(input).toMatchObject({ "persist-credentials": "false" });
    for (const input of inputs("setup-node"))
      expect(input).toMatchObject({ "node-version": "24", "package-manager-cache": "false" });
  });
});

test("one version of each action in all workflows", () => {
  const uses = new Set(files.flatMap(stepsOf).flatMap(({ uses }) => uses ?? []));
  const actions = [...uses].map((name) => name.split("@")[0]);
  expect(actions).toEqual([...new Set(actions)]);
});

test("write permissions: one job comments, one updates issues, and neither has secrets", () => {
  const writing = jobs.filter(([, , { permissions }]) => Object.values(permissions).includes("write"));
  expect(writing.map(([file, name, { permissions }]) => [file, name, permissions])).toEqual([
    ["drift.yml", "issues", { contents: "read", issues: "write" }],
    ["preview.yml", "comment", { contents: "read", "pull-requests": "write" }],
  ]);
  for (const [, , job] of writing) expect(JSON.stringify(job)).not.toContain("secrets.");
  for (const [file, name, { permissions }] of jobs.filter((each) => !writing.includes(each)))
    expect(permissions, `${file} ${name}`).toEqual({ contents: "read" });
});

test("a job with secrets has an environment of its stack, and its dependencies come before the secrets", () => {
  const secret = jobs.filter(([, , job]) => JSON.stringify(job).includes("secrets."));
  expect(secret.map(([file, name, { environment }]) => [file, name, environment])).toEqual([
    ["deploy.yml", "preview", { name: "${{ matrix.stack }}-preview", deployment: false }],
    ["deploy.yml", "deploy", { name: "${{ matrix.stack }}" }],
    ["drift.yml", "drift", { name: "${{ matrix.stack }}-drift", deployment: false }],
    ["preview.yml", "preview", { name: "${{ matrix.stack }}-preview", deployment: false }],
  ]);
  for (const [, , { steps }] of secret) {
    const withSecrets = steps.filter(({ env }) => JSON.stringify(env ?? {}).includes("secrets."));
    expect(withSecrets).toHaveLength(1);
    // Text from servers follows these commands.
    expect(withSecrets[0]?.run).toContain(
      "bash infra/pipeline/with-credentials.sh bash infra/pipeline/as-text.sh",
    );
  }
});

test("what one job keeps another finds in the same place, whether of one stack or of several", () => {
  for (const [file, folder] of [
    ["drift.yml", "reports"],
    ["preview.yml", "previews"],
  ] as const) {
    const inputs = (action: string) =>
      stepsOf(file).find(({ uses }) => uses?.startsWith(`actions/${action}@`))?.with;
    expect(inputs("upload-artifact")).toMatchObject({ path: `${folder}/` });
    expect(inputs("download-artifact")).toMatchObject({ path: folder, "merge-multiple": "true" });
  }
});

test("every job that reaches servers gives the same variables to its script", () => {
  const given = jobs.flatMap(([, , { steps }]) =>
    steps.filter(({ run }) => run?.includes("with-credentials.sh")).map(({ env }) => env),
  );
  expect(given).toHaveLength(4);
  for (const env of given) expect(env).toEqual(given[0]);
});

test("per stack: deployments and looks one at a time, none is cut off", () => {
  const of = (file: string, name: string) => readWorkflow(file).jobs[name]?.concurrency;
  const never = { "cancel-in-progress": "false" };
  expect(of("deploy.yml", "deploy")).toEqual({ group: "deploy-${{ matrix.stack }}", ...never });
  expect(of("drift.yml", "drift")).toEqual({ group: "drift-${{ matrix.stack }}", ...never });
  expect(of("drift.yml", "issues")).toEqual({ group: "drift-issues", ...never });
  expect(readWorkflow("preview.yml").concurrency?.["cancel-in-progress"]).toBe("true");
});

const repository = { default_branch: "trunk" };

test.each([
  ["the schedule", { event_name: "schedule", ref_name: "trunk", event: {} }, true],
  ["by hand", { event_name: "workflow_dispatch", ref_name: "trunk", event: { repository } }, true],
  [
    "by hand, another branch",
    { event_name: "workflow_dispatch", ref_name: "other", event: { repository } },
    false,
  ],
])("drift, %s: %o", (_, github, starts) => {
  expect(condition(readWorkflow("drift.yml").jobs.stacks?.if ?? "", { github })).toBe(starts);
});

test("a pull request's newer check cancels the older one; pushes do not cancel each other", () => {
  const group = (github: object) => evaluated(readWorkflow("check.yml").concurrency?.group ?? "", { github });
  const push = { event_name: "push", ref: "refs/heads/main", sha: "0123abc", event: {} };
  expect(group(push)).not.toBe(group({ ...push, sha: "4567def" }));
  const request = { ...push, event_name: "pull_request", event: { pull_request: { number: 7 } } };
  expect(group(request)).toBe(group({ ...request, sha: "4567def" }));
  const night = { ...push, event_name: "schedule", event: { schedule: "20 1 * * *" } };
  expect(group(night)).toBe("check-schedule20 1 * * *-refs/heads/main");
});

test("the nightly versions are all but the usual one", () => {
  const { jobs: all } = readWorkflow("check.yml");
  expect(all.versions?.strategy?.matrix.postgres).toEqual(["13", "14", "16", "17", "18"]);
});

function stepsOf(file: string): Step[] {
  return Object.values(readWorkflow(file).jobs).flatMap(({ steps }) => steps);
}
