import { join } from "node:path";
import { expect, test } from "vitest";
import { succeed } from "../../../../infra/local-machine/command.ts";
import { repository } from "../../../../infra/local-machine/places.ts";
import { commandsOf, readGitLabPipeline } from "../../../pipeline/gitlab-ci.ts";

const { workflow, stages, stacks, jobs } = readGitLabPipeline();

test("no stack is forgotten", async () => {
  const script = join(repository, "infra", "pipeline", "stacks.sh");
  const files = JSON.parse(await succeed(["bash", script], { cwd: repository }));
  expect(stacks.toSorted(), "STACK in .gitlab-ci.yml has to name these").toEqual(files);
});

test("each job has a stage that there is, and stops at the first failure", () => {
  expect(Object.keys(jobs)).toEqual([
    ...["check", "test", "preview", "deploy", "drift", "drift-issues", "test-full", "faults"],
  ]);
  for (const [name, { stage }] of Object.entries(jobs)) {
    expect(stages).toContain(stage);
    expect(commandsOf(name)[0]).toBe("set -euo pipefail");
  }
});

test("a push to a branch with a merge request has one pipeline", () => {
  expect(workflow.rules).toContainEqual({
    if: "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS",
    when: "never",
  });
});

test("a person starts a deployment, of the default branch, one at a time for each stack", () => {
  const { deploy } = jobs;
  expect(deploy?.rules).toEqual([
    {
      if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != "schedule"',
      when: "manual",
    },
  ]);
  expect(deploy).toMatchObject({
    extends: ".stacks",
    environment: { name: "$STACK" },
    resource_group: "deploy-$STACK",
    interruptible: false,
    allow_failure: false,
  });
});

test("a merge request is previewed only where the project's own branch is merged", () => {
  expect(jobs.preview?.rules.map((rule) => rule.if)).toEqual([
    expect.stringContaining("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"),
  ]);
  expect(jobs.preview?.artifacts?.paths).toEqual(["preview/"]);
});

test("the schedule checks every stack, and updates the issues after any result", () => {
  expect(jobs.drift).toMatchObject({ extends: ".stacks", resource_group: "drift-$STACK" });
  expect(jobs["drift-issues"]).toMatchObject({
    needs: [{ job: "drift", artifacts: true }],
    rules: [{ if: expect.stringContaining('"schedule"'), when: "always" }],
  });
});

test("the schedule runs every test and every fault, after any result of the drift check", () => {
  const nightly = Object.entries(jobs).filter(([, { stage }]) => stage === "nightly");
  expect(nightly.map(([name]) => commandsOf(name).at(-1))).toEqual(["npm run test:full", "npm run faults"]);
  for (const [, job] of nightly) expect(job).toMatchObject({ needs: [], rules: jobs.drift?.rules });
});

test("the log shows what servers hold as text", () => {
  for (const name of ["preview", "deploy", "drift"])
    expect(commandsOf(name).at(-1)).toMatch(/with-credentials\.sh bash infra\/pipeline\/as-text\.sh /);
});

test("what reaches servers and what writes issues are of different environments", () => {
  const names = Object.entries(jobs).map(([name, { environment }]) => [name, environment?.name]);
  expect(Object.fromEntries(names)).toEqual({
    check: undefined,
    test: undefined,
    preview: "$STACK-preview",
    deploy: "$STACK",
    drift: "$STACK-drift",
    "drift-issues": "drift-issues",
    "test-full": undefined,
    faults: undefined,
  });
});
