import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";
import type { SandboxStack } from "../sandbox/stack.ts";
import { bareCheckout, checkoutFor, runnerEnvironment, secretsFor, stackForRunners } from "./checkout.ts";
import { type ForgeStandIn, newIssue, startForge } from "./forge-stand-in.ts";
import { type JobRun, runWorkflow, type Setting } from "./workflow-run.ts";

let server: SandboxServer;
let stack: SandboxStack;
let forge: ForgeStandIn;
let setting: Setting;

/** Several complete runs of workflows in a row. */
const long = { timeout: 900_000 };

const bySchedule = { event_name: "schedule", ref: "refs/heads/main" };
const byPush = { event_name: "push", ref: "refs/heads/main" };

beforeAll(async () => {
  server = await startServer({ database: "empty" });
  await server.run(`ln -s ${server.node} /usr/local/bin/node`);
  stack = await stackForRunners(server);
  forge = await startForge();
  const secrets = secretsFor(server);
  setting = {
    github: { repository: "owner/backups", actor: "person", token: forge.token },
    secrets: { sandbox: secrets, "sandbox-preview": secrets, "sandbox-drift": secrets },
    vars: { PULUMI_BACKEND_URL: stack.environment.PULUMI_BACKEND_URL ?? "" },
    environment: {
      ...runnerEnvironment(stack),
      GITHUB_API_URL: forge.url,
      GITHUB_SERVER_URL: "https://github.example",
      GITHUB_REPOSITORY: "owner/backups",
      GITHUB_RUN_ID: "4711",
    },
    checkout: () => checkoutFor(stack),
  };
});

afterAll(async () => {
  await forge?.close();
  stack?.remove();
  await server?.remove();
});

async function run(
  file: string,
  github: Record<string, unknown>,
  changes: Partial<Setting> = {},
): Promise<Record<string, JobRun>> {
  const runs = await runWorkflow(file, { ...setting, github: { ...setting.github, ...github }, ...changes });
  const severalOf = (name: string) => runs.filter(({ job }) => job === name).length > 1;
  const nameOf = ({ job, matrix }: JobRun) => (severalOf(job) ? `${job} ${matrix.stack}` : job);
  return Object.fromEntries(runs.map((job) => [nameOf(job), job]));
}

/** The writing jobs install their own dependencies. That takes long, so only some tests do it. */
const bare: Partial<Setting> = {
  checkout: (job) => (["comment", "issues"].includes(job) ? bareCheckout() : checkoutFor(stack)),
};

function results(runs: Record<string, JobRun>): Record<string, string> {
  return Object.fromEntries(Object.entries(runs).map(([name, { result }]) => [name, result]));
}

function pullRequest(repository: string) {
  const event = { pull_request: { number: 7, head: { sha: "0123abc", repo: { full_name: repository } } } };
  return { event_name: "pull_request", ref: "refs/pull/7/merge", event };
}

function openIssues() {
  return forge.issues.filter(({ open, isPullRequest }) => open && !isPullRequest);
}

test("a pull request gets one comment with the preview, and the next run edits it", async () => {
  forge.issues.push(newIssue(7, { isPullRequest: true }));
  const request = forge.issues[0];
  request?.comments.push({ id: 1, author: "person", body: "<!-- preview of every stack -->\nnot ours" });

  const first = await run("preview.yml", pullRequest("owner/backups"), bare);
  expect(results(first), first.preview?.log).toEqual({
    stacks: "success",
    preview: "success",
    comment: "success",
  });
  expect(request?.comments).toHaveLength(2);
  const written = request?.comments[1]?.body ?? "";
  expect(written).toMatch(/### sandbox: \d+ to create/);
  expect(written).toContain("remotehost:index:File");
  expect(written).toContain("0123abc");
  expect(written).toContain("https://github.example/owner/backups/actions/runs/4711");

  const second = await run("preview.yml", pullRequest("owner/backups"));
  expect(second.comment?.log).toContain("edited");
  expect(request?.comments).toHaveLength(2);
  expect(request?.comments[0]?.body).toContain("not ours");
});

test("of two stacks one preview fails: the comment tells it beside the other's, and the run is red", async () => {
  const secrets = { ...setting.secrets, "other-preview": secretsFor(server) };
  const checkout = () => checkoutFor(stack, "other");
  const runs = await run("preview.yml", pullRequest("owner/backups"), { secrets, checkout });
  expect(results(runs)).toEqual({
    stacks: "success",
    "preview other": "failure",
    "preview sandbox": "success",
    comment: "success",
  });
  const text = forge.issues[0]?.comments[1]?.body ?? "";
  expect(text).toMatch(/### other: the preview failed\n\n {4}.*no stack named 'other' found/s);
  expect(text).toMatch(/### sandbox: \d+ to create/);
});

test("a pull request of a fork starts nothing", async () => {
  const changes = forge.changes.length;
  const runs = await run("preview.yml", pullRequest("somebody/backups"));
  expect(results(runs)).toEqual({ stacks: "skipped", preview: "skipped", comment: "skipped" });
  expect(forge.changes).toHaveLength(changes);
});

test("main is deployed, after a preview for the approval", async () => {
  const runs = await run("deploy.yml", byPush);
  expect(results(runs), runs.deploy?.log).toEqual({
    stacks: "success",
    preview: "success",
    deploy: "success",
  });
  expect(runs.preview?.summary).toMatch(/### Preview of sandbox: \d+ to create\n\n {4}/);
  expect((await server.run("test -x /root/backup_database.sh")).code).toBe(0);
});

test("another branch than main is not deployed, even by hand", async () => {
  const runs = await run("deploy.yml", { event_name: "workflow_dispatch", ref: "refs/heads/other" });
  expect(results(runs)).toEqual({ stacks: "skipped", preview: "skipped", deploy: "skipped" });
});

test("without credentials nothing is contacted, and the job says what is missing", async () => {
  const { deploy } = await run("deploy.yml", byPush, { secrets: {}, vars: {} });
  expect(deploy?.result).toBe("failure");
  expect(deploy?.log).toMatch(/Set PULUMI_ACCESS_TOKEN or PULUMI_BACKEND_URL/);
  expect(deploy?.log).toMatch(/Set SSH_PRIVATE_KEY/);
});

test("a drift check of another branch, started by hand, is skipped and changes no issue", async () => {
  const event = { repository: { default_branch: "main" } };
  const byHand = { event_name: "workflow_dispatch", ref: "refs/heads/other", ref_name: "other", event };
  const changes = forge.changes.length;
  const runs = await run("drift.yml", byHand, { secrets: {} });
  expect(results(runs)).toEqual({ stacks: "skipped", drift: "skipped", issues: "skipped" });
  expect(forge.changes).toHaveLength(changes);
});

test("no drift, no issue", async () => {
  const runs = await run("drift.yml", bySchedule, bare);
  expect(results(runs), runs.drift?.log).toEqual({ stacks: "success", drift: "success", issues: "success" });
  expect(openIssues()).toEqual([]);
});

test("a stack whose job dies before its look has an issue, the one beside it has none", async () => {
  const runs = await run("drift.yml", bySchedule, { checkout: () => checkoutFor(stack, "other") });
  expect(results(runs)).toEqual({
    stacks: "success",
    "drift other": "failure",
    "drift sandbox": "success",
    issues: "success",
  });
  expect(openIssues()).toMatchObject([{ title: "Drift: the stack other could not be looked at" }]);

  await run("drift.yml", bySchedule);
  expect(openIssues()).toEqual([]);
});

test(
  "drift opens one issue, says something only when it changes, and the issue closes when it is mended",
  long,
  async () => {
    await server.run(
      `printf 'edited\\r@everyone\\n::error::x\\n##[error]y\\n' >> /root/backup_quick_reference.txt`,
    );
    const previewOnly = { "sandbox-preview": secretsFor(server) };
    const first = await run("drift.yml", bySchedule);
    expect(results(first), first.drift?.log).toEqual({
      stacks: "success",
      drift: "failure",
      issues: "success",
    });
    expect(first.drift?.log).toContain("exit code 2");
    expect(first.drift?.log).toContain("+::error::x\n+##[error]y\n");
    expect(first.drift?.commands).toEqual([]);
    expect(first.drift?.summary).toContain("backup_quick_reference.txt");
    const [issue] = openIssues();
    expect(openIssues()).toHaveLength(1);
    expect(issue?.labels).toEqual(["drift"]);
    expect(issue?.title).toContain("sandbox");
    expect(issue?.body).toContain("+edited\\u{d}@everyone\n");

    const { preview } = await run("deploy.yml", byPush, { secrets: previewOnly });
    expect(preview?.log).toContain("##[error]y");
    expect(preview?.commands).toEqual([]);
    expect(preview?.summary).toContain("edited\\u{d}@everyone");

    await run("drift.yml", bySchedule);
    expect(openIssues()).toEqual([issue]);
    expect(issue?.comments).toEqual([]);

    await server.run("chmod 755 /root/backup_quick_reference.txt");
    await run("drift.yml", bySchedule);
    expect(openIssues()).toEqual([issue]);
    expect(issue?.comments).toHaveLength(1);
    expect(issue?.body).toContain("755");

    await server.stop();
    const down = await run("drift.yml", bySchedule);
    expect(results(down)).toEqual({ stacks: "success", drift: "failure", issues: "success" });
    expect(down.drift?.log).toContain("exit code 1");
    expect(openIssues()).toEqual([issue]);
    expect(issue?.title).toContain("could not be looked at");

    await server.start();
    expect(results(await run("deploy.yml", byPush)).deploy).toBe("success");
    expect(results(await run("drift.yml", bySchedule)).drift).toBe("success");
    expect(openIssues()).toEqual([]);
    expect(issue?.comments.at(-1)?.body).toContain("No drift any more");
  },
);
