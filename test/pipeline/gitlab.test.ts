import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { execute } from "../../infra/local-machine/command.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";
import type { SandboxStack } from "../sandbox/stack.ts";
import { bareCheckout, checkoutFor, runnerEnvironment, secretsFor, stackForRunners } from "./checkout.ts";
import { type ForgeStandIn, startForge } from "./forge-stand-in.ts";
import { commandsOf } from "./gitlab-ci.ts";

let server: SandboxServer;
let stack: SandboxStack;
let forge: ForgeStandIn;
/** Several complete pipelines in a row. */
const long = { timeout: 900_000 };
const workspaces: string[] = [];

beforeAll(async () => {
  server = await startServer({ database: "empty" });
  await server.run(`ln -s ${server.node} /usr/local/bin/node`);
  // A CI key as in docs/CI.md: the plugin needs no more rights than it has.
  const restricted =
    's/^ssh-/restrict,from="10.0.0.0\\/8,172.16.0.0\\/12,192.168.0.0\\/16,127.0.0.0\\/8" ssh-/';
  await server.run(
    `sed -i '${restricted}' /root/.ssh/authorized_keys && grep -q ^restrict /root/.ssh/authorized_keys`,
  );
  stack = await stackForRunners(server);
  forge = await startForge();
});

afterEach(() => {
  for (const path of workspaces.splice(0)) rmSync(path, { recursive: true, force: true });
});

afterAll(async () => {
  await forge?.close();
  stack?.remove();
  await server?.remove();
});

interface JobEnd {
  workspace: string;
  code: number;
  text: string;
}

/** Runs the commands of a job in one bash, like GitLab's runner. */
async function job(name: string, workspace: string, variables: Record<string, string>): Promise<JobEnd> {
  workspaces.push(workspace);
  // The checkout may link this repository's dependencies, which npm ci would remove.
  const borrowed = existsSync(join(workspace, "node_modules"));
  const commands = commandsOf(name).filter((command) => !(borrowed && command.startsWith("npm ci")));
  const env = { ...runnerEnvironment(stack), CI: "true", GITLAB_CI: "true", ...variables };
  const argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", commands.join("\n")];
  const { code, stdout, stderr } = await execute(argv, { cwd: workspace, env });
  return { workspace, code, text: `${stdout}${stderr}` };
}

function onServer(name: string): Promise<JobEnd> {
  const state = { PULUMI_BACKEND_URL: stack.environment.PULUMI_BACKEND_URL ?? "" };
  return job(name, checkoutFor(stack), { STACK: "sandbox", ...state, ...secretsFor(server) });
}

/** The nightly schedule: the drift check, and the issues from its files. */
async function night(workspace: string): Promise<{ look: JobEnd; issues: JobEnd }> {
  const look = await onServer("drift");
  cpSync(join(look.workspace, "reports"), join(workspace, "reports"), { recursive: true });
  rmSync(join(workspace, "Pulumi.prod.yaml"), { force: true });
  cpSync(join(look.workspace, "Pulumi.sandbox.yaml"), join(workspace, "Pulumi.sandbox.yaml"));
  const issues = await job("drift-issues", workspace, {
    CI_API_V4_URL: forge.url,
    CI_PROJECT_ID: "42",
    CI_PIPELINE_URL: "https://gitlab.example/owner/backups/-/pipelines/1",
    ISSUES_TOKEN: forge.token,
  });
  return { look, issues };
}

test("a merge request's preview is kept for the link in it", async () => {
  const { workspace, code, text } = await onServer("preview");
  expect(code, text).toBe(0);
  expect(readFileSync(join(workspace, "preview", "preview.txt"), "utf8")).toMatch(/\+ \d+ to create/);
});

test("a deployment, a night without drift, one with, and one after it was mended", long, async () => {
  expect((await onServer("deploy")).text).toMatch(/Resources:/);
  expect((await server.run("test -x /root/backup_database.sh")).code).toBe(0);

  const clean = await night(bareCheckout());
  expect([clean.look.code, clean.issues.code], clean.look.text + clean.issues.text).toEqual([0, 0]);
  expect(forge.issues).toEqual([]);

  await server.run("echo edited >> /root/backup_quick_reference.txt");
  const drifted = await night(checkoutFor(stack));
  expect([drifted.look.code, drifted.issues.code], drifted.look.text).toEqual([2, 0]);
  expect(forge.issues).toMatchObject([{ open: true, labels: ["drift"] }]);
  expect(forge.issues[0]?.body).toContain("+edited");

  expect((await onServer("deploy")).code).toBe(0);
  const mended = await night(checkoutFor(stack));
  expect([mended.look.code, mended.issues.code]).toEqual([0, 0]);
  expect(forge.issues).toMatchObject([{ open: false }]);
});
