import { expect, test } from "vitest";
import { type Look, planIssues, type Step } from "../../../../infra/pipeline/drift-issues.ts";
import { fitted, type Issue } from "../../../../infra/pipeline/forge.ts";

const run = "https://github.example/owner/backups/actions/runs/1";

const stack = "prod";
const clean: Look = { stack, exitCode: 0, hasDrift: false, report: "## Drift\n\nnone", findings: "none" };
const drifted: Look = {
  stack,
  exitCode: 2,
  hasDrift: true,
  report: "## Drift\n\n+edited",
  findings: "edited",
};
const unseen: Look = { stack, exitCode: 1, hasDrift: false, report: "", findings: "no report" };
const halfSeen: Look = { ...drifted, exitCode: 1 };
const unrun: Look = { ...unseen, exitCode: null };

/** The issues of a tracker after these steps. */
function after(steps: Step[], issues: Issue[] = []): Issue[] {
  let kept = [...issues];
  for (const step of steps) {
    if (step.kind === "open") kept.push({ number: kept.length + 1, title: step.title, body: step.body });
    if (step.kind === "edit")
      kept = kept.map((issue) =>
        issue.number === step.issue ? { ...issue, title: step.title, body: step.body } : issue,
      );
    if (step.kind === "close") kept = kept.filter(({ number }) => number !== step.issue);
  }
  return kept;
}

function kinds(steps: Step[]): string[] {
  return steps.map((step) => (step.kind === "open" ? "open" : `${step.kind} ${step.issue}`));
}

const open = after(planIssues([drifted], [], run));

test.each<[string, Look, Issue[], string[]]>([
  ["clean, no issue", clean, [], []],
  ["clean, an issue", clean, open, ["comment 1", "close 1"]],
  ["drift, no issue", drifted, [], ["open"]],
  ["the same drift again", drifted, open, ["edit 1"]],
  ["other drift", { ...drifted, findings: "more" }, open, ["edit 1", "comment 1"]],
  ["unseen, no issue", unseen, [], ["open"]],
  ["unseen after drift", unseen, open, ["edit 1", "comment 1"]],
  ["drift and unseen, after drift alone", halfSeen, open, ["edit 1", "comment 1"]],
  ["a job that never got there", unrun, [], ["open"]],
  ["an exit code of something else", { ...unseen, exitCode: 137 }, open, ["edit 1", "comment 1"]],
])("%s", (_, look, issues, expected) => {
  expect(kinds(planIssues([look], issues, run))).toEqual(expected);
});

test("an issue tells stack, run and report, and what cannot be looked at has another title", () => {
  const [first] = open;
  expect(first?.title).toMatch(/stack prod are not as they were deployed/);
  expect(first?.body).toContain(run);
  expect(first?.body).toContain("+edited");
  const [second] = after(planIssues([unrun], [], run));
  expect(second?.title).toMatch(/stack prod could not be looked at/);
  expect(second?.body).toMatch(/There is no report/);
});

test("drift beside what could not be looked at: title and introduction say both", () => {
  const [issue] = after(planIssues([halfSeen], [], run));
  expect(issue?.title).toMatch(/stack prod are not as they were deployed, and not all could be looked at/);
  expect(issue?.body).toMatch(
    /has changed what `pulumi up` had put there\..*Not everything could be looked at/,
  );
  expect(issue?.body).toContain("+edited");
});

test("one issue for each stack: a second one of the same is closed", () => {
  const twice = [...open, { number: 2, title: "", body: open[0]?.body ?? "" }];
  expect(kinds(planIssues([drifted], twice, run))).toEqual(["edit 1", "comment 2", "close 2"]);
  expect(kinds(planIssues([clean], twice, run))).toEqual(["comment 1", "close 1", "comment 2", "close 2"]);
});

test("stacks do not affect each other, not even by the text of a report", () => {
  const forged = { ...drifted, stack: "staging", report: open[0]?.body ?? "" };
  const issues = after(planIssues([drifted, forged], [], run));
  expect(issues.map(({ title }) => title)).toEqual([
    expect.stringContaining("prod"),
    expect.stringContaining("staging"),
  ]);
  expect(kinds(planIssues([clean, forged], issues, run))).toEqual(["comment 1", "close 1", "edit 2"]);
});

test("the issue of a stack that is gone is closed", () => {
  expect(kinds(planIssues([{ ...clean, stack: "staging" }], open, run))).toEqual(["comment 1", "close 1"]);
});

test("an issue that we did not open is left alone", () => {
  const foreign = [{ number: 1, title: "Drift?", body: `People talk about drift.\n${open[0]?.body}` }];
  expect(kinds(planIssues([clean], foreign, run))).toEqual([]);
  expect(kinds(planIssues([drifted], foreign, run))).toEqual(["open"]);
});

test("a text that is too long is cut at a line, its code block closed, and says where the rest is", () => {
  const lines = Array.from({ length: 9000 }, (_, number) => `+line ${number}`);
  const cut = fitted(["````diff", "```", ...lines, "````"].join("\n"), run);
  expect(cut.length).toBeLessThan(65_536);
  expect(cut).toMatch(/\n\+line \d+\n````\n\n… cut here: .* has the rest\.\n$/);
  expect(fitted("short", run)).toBe("short");
});
