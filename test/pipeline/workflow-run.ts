import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "../../infra/local-machine/command.ts";
import { download, upload } from "./artifacts.ts";
import { type Contexts, condition, evaluated } from "./expressions.ts";
import { runnerCommands } from "./runner-commands.ts";
import { type Job, readWorkflow, type Step, type Workflow } from "./workflow.ts";

/** The surroundings of a workflow's run: the event, the secrets, and the machines of its jobs. */
export interface Setting {
  /** The part of the context `github` that the workflow uses. */
  github: Record<string, unknown>;
  /** The secrets of each environment. A job without an environment has none. */
  secrets: Record<string, Record<string, string>>;
  vars: Record<string, string>;
  /** The variables of every step: those of a runner and of the sandbox. */
  environment: NodeJS.ProcessEnv;
  /** Creates a working directory with the files that `actions/checkout` would write for a job. */
  checkout(job: string): string;
}

export interface JobRun {
  job: string;
  matrix: Record<string, string>;
  result: "success" | "failure" | "skipped";
  /** The output of its steps. */
  log: string;
  /** The commands in it that GitHub's runner would execute. */
  commands: string[];
  /** Their job summary. */
  summary: string;
}

type Results = Record<string, { result: JobRun["result"]; outputs: Record<string, string> }>;

/**
 * Runs the jobs of a workflow as GitHub does: each in a fresh checkout, its `run` steps by `bash -eo pipefail` with the
 * variables that the file gives them. Of the actions only what they do to the working directory is done here.
 */
export async function runWorkflow(file: string, setting: Setting): Promise<JobRun[]> {
  const workflow = readWorkflow(file);
  const artifacts = mkdtempSync(join(tmpdir(), "database-backups-artifacts-"));
  const results: Results = {};
  const runs: JobRun[] = [];
  try {
    for (const [name, job] of inOrder(workflow)) {
      const outputs: Record<string, string> = {};
      const own: JobRun[] = [];
      for (const matrix of matrixOf(job, results, setting))
        own.push(await runJob({ name, job, matrix, results, setting, artifacts, outputs }));
      const failed = own.some(({ result }) => result === "failure");
      const skipped = own.every(({ result }) => result === "skipped");
      results[name] = { result: failed ? "failure" : skipped ? "skipped" : "success", outputs };
      runs.push(...own);
    }
  } finally {
    rmSync(artifacts, { recursive: true, force: true });
  }
  return runs;
}

/** A job, run after the jobs that it needs. The files have them in that order. */
function inOrder({ jobs }: Workflow): [string, Job][] {
  const known = new Set<string>();
  return Object.entries(jobs).map(([name, job]) => {
    for (const needed of job.needs ?? [])
      if (!known.has(needed)) throw new Error(`${name} stands before ${needed}, which it needs`);
    known.add(name);
    return [name, job];
  });
}

/** One entry for each run of a job, also of a skipped one. */
function matrixOf(job: Job, needs: Results, { github }: Setting): Record<string, string>[] {
  const [[key, values] = [undefined, undefined]] = Object.entries(job.strategy?.matrix ?? {});
  if (key === undefined || values === undefined) return [{}];
  if (typeof values !== "string") return values.map((value) => ({ [key]: value }));
  if (!startsBy(job, needs, { github, needs })) return [{}];
  const list = evaluated(values, { github, needs });
  if (!Array.isArray(list)) throw new Error(`${values} is no list`);
  return list.map((value) => ({ [key]: String(value) }));
}

/** Whether a job runs: by its `if`, else by the success of the jobs that it needs. */
function startsBy(job: Job, needs: Results, contexts: Contexts): boolean {
  const statusAsked = /\b(cancelled|always|failure|success)\(/.test(job.if ?? "");
  const needed = (job.needs ?? []).every((name) => needs[name]?.result === "success");
  return (statusAsked || needed) && (job.if === undefined || condition(job.if, contexts));
}

interface JobStart {
  name: string;
  job: Job;
  matrix: Record<string, string>;
  results: Results;
  setting: Setting;
  artifacts: string;
  /** The outputs of the job for its dependents, filled during the run. */
  outputs: Record<string, string>;
}

async function runJob(start: JobStart): Promise<JobRun> {
  const { name, job, matrix, results, setting } = start;
  const { github, vars } = setting;
  const run: JobRun = { job: name, matrix, result: "success", log: "", commands: [], summary: "" };
  if (!startsBy(job, results, { github, needs: results })) return { ...run, result: "skipped" };
  const environment = String(evaluated(job.environment?.name ?? "", { matrix }));
  const secrets = setting.secrets[environment] ?? {};
  const steps: Record<string, { outputs: Record<string, string> }> = {};
  const contexts: Contexts = { github, vars, secrets, matrix, needs: results, steps };
  const files = mkdtempSync(join(tmpdir(), "database-backups-runner-"));
  const workspace = setting.checkout(name);
  try {
    for (const step of job.steps) {
      const asked = /\bcancelled\(/.test(step.if ?? "");
      if ((run.result === "failure" && !asked) || (step.if !== undefined && !condition(step.if, contexts)))
        continue;
      if (step.uses !== undefined) act(step, contexts, workspace, start.artifacts);
      else await runStep(step, { ...start, run, contexts, steps, files, workspace });
    }
    for (const [key, value] of Object.entries(job.outputs ?? {}))
      start.outputs[key] = String(evaluated(value, contexts));
  } finally {
    for (const path of [files, workspace]) rmSync(path, { recursive: true, force: true });
  }
  return run;
}

interface StepStart extends JobStart {
  run: JobRun;
  contexts: Contexts;
  steps: Record<string, { outputs: Record<string, string> }>;
  /** The runner's own files. */
  files: string;
  workspace: string;
}

async function runStep(
  step: Step,
  { run, contexts, steps, files, workspace, setting }: StepStart,
): Promise<void> {
  if (step.run === undefined) throw new Error(`A step of ${run.job} neither uses nor runs anything`);
  if (step.run.includes("${{")) throw new Error(`A step of ${run.job} has an expression in its script`);
  // The checkout may link this repository's dependencies, which npm ci would remove.
  if (/^npm ci\b/.test(step.run) && existsSync(join(workspace, "node_modules"))) return;
  const [script, output, summary] = ["script", "output", "summary"].map((name) => join(files, name));
  if (!script || !output || !summary) return;
  writeFileSync(script, step.run);
  for (const path of [output, summary]) writeFileSync(path, "");
  const env = {
    ...setting.environment,
    ...{ GITHUB_ACTIONS: "true", CI: "true", GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary },
    ...evaluatedAll(step.env, contexts),
  };
  const argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script];
  const { code, stdout, stderr } = await execute(argv, { cwd: workspace, env });
  run.log += `${stdout}${stderr}`;
  run.commands.push(...runnerCommands(stdout), ...runnerCommands(stderr));
  run.summary += readFileSync(summary, "utf8");
  if (code !== 0) {
    run.result = "failure";
    run.log += `Process completed with exit code ${code}.\n`;
  }
  if (step.id !== undefined) steps[step.id] = { outputs: assignments(readFileSync(output, "utf8")) };
}

/** Executes an action's effect on the working directory. */
function act(
  { uses = "", with: inputs }: Step,
  contexts: Contexts,
  workspace: string,
  artifacts: string,
): void {
  const given = evaluatedAll(inputs, contexts);
  const action = uses.split("@")[0];
  switch (action) {
    case "actions/checkout":
    case "actions/setup-node":
      return;
    case "actions/upload-artifact":
      upload(given, workspace, artifacts);
      return;
    case "actions/download-artifact":
      download(given, workspace, artifacts);
      return;
    default:
      throw new Error(`These tests do not know what ${action} does`);
  }
}

function evaluatedAll(texts: Record<string, string> | undefined, contexts: Contexts): Record<string, string> {
  const entries = Object.entries(texts ?? {});
  return Object.fromEntries(entries.map(([key, text]) => [key, String(evaluated(text, contexts) ?? "")]));
}

function assignments(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
