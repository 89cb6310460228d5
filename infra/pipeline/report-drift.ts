import { label, planIssues, type State, type Step, stateOf } from "./drift-issues.ts";
import { EnvironmentError, stackNames } from "./environment.ts";
import { ForgeError, fitted, type Tracker } from "./forge.ts";
import { gitHubRun, gitHubTracker } from "./github.ts";
import { gitLabRun, gitLabTracker } from "./gitlab.ts";
import { readLooks } from "./looks.ts";

/**
 * `report-drift.ts DIRECTORY`, in a job of GitHub Actions or GitLab CI: reads the files of drift.sh in
 * DIRECTORY/drift-STACK for each stack of STACKS, and keeps one open issue for each stack that is not clean. Exits 0,
 * or 1 if the issues could not be updated.
 */
async function reportDrift(directory: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const onGitLab = environment.GITLAB_CI === "true";
  const tracker = onGitLab ? gitLabTracker(environment) : gitHubTracker(environment);
  const run = onGitLab ? gitLabRun(environment) : gitHubRun(environment);
  const looks = readLooks(directory, stackNames(environment));
  for (const look of looks) console.log(`${look.stack}: ${said[stateOf(look)]}`);
  for (const step of planIssues(looks, await tracker.openIssues(label), run))
    console.log(await take(step, tracker, run));
}

const said: Record<State, string> = {
  none: "no drift",
  drift: "drift",
  unknown: "could not be looked at",
  "drift, and more unknown": "drift, and not everything could be looked at",
};

/** Takes a step. @returns a line that says what was done */
async function take(step: Step, tracker: Tracker, run: string): Promise<string> {
  switch (step.kind) {
    case "open":
      return `#${await tracker.open(step.title, fitted(step.body, run), label)} opened: ${step.title}`;
    case "edit":
      await tracker.edit(step.issue, step.title, fitted(step.body, run));
      return `#${step.issue} brought up to date: ${step.title}`;
    case "comment":
      await tracker.comment(step.issue, step.text);
      return `#${step.issue} commented on: ${step.text}`;
    case "close":
      await tracker.close(step.issue);
      return `#${step.issue} closed`;
  }
}

const [directory] = process.argv.slice(2);
try {
  if (directory === undefined) throw new EnvironmentError("Usage: report-drift.ts DIRECTORY");
  await reportDrift(directory, process.env);
} catch (error) {
  if (!(error instanceof EnvironmentError || error instanceof ForgeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
