import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type Deploying, type DeployProject, makeProject, stackFileFor } from "./deploy-project.ts";
import { printed } from "./deployment.ts";
import { barrierAfter } from "./interrupted-run.ts";
import { startServers, traces } from "./servers.ts";

let server: SandboxServer;
let project: DeployProject;
let file: string;
let words: string[];

const controlC = "\u0003";

beforeAll(async () => {
  const [first] = await startServers({ database: "full" });
  if (!first) throw new Error("a server was to be started");
  server = first;
  file = stackFileFor(server);
  project = makeProject(file);
  words = [server.alias, "--ssh-config", server.sshConfig];
});

afterAll(async () => {
  project?.remove();
  await server?.remove();
});

async function untouchedBy(work: () => Promise<void>): Promise<void> {
  const before = await traces(server);
  await work();
  expect(project.stackFile()).toBe(file);
  expect((await project.pulumi("stack", "ls")).stdout).not.toContain("prod");
  expect(await traces(server)).toBe(before);
}

test("before the confirmation nothing has happened, whether a program or a person ends it", async () => {
  await untouchedBy(async () => {
    const run = project.begin(...words, "--yes");
    await run.says(/Preview …/);
    run.child.kill("SIGINT");
    expect(await run.ended, run.text()).toBe(130);
    expect(run.text()).toContain("interrupted; nothing was changed");
    const asked = await project.deployOnTerminal(words, [[/Deploy this\?/, controlC]]);
    expect(asked.code, asked.text).toBe(130);
  });
});

/** Begins a deployment that stops after three changes. @returns a function that lets it continue */
async function stopped(begin: () => Deploying): Promise<{ run: Deploying; lift: () => Promise<void> }> {
  const barrier = await barrierAfter(server, 3);
  const run = begin();
  await Promise.race([
    barrier.reached,
    run.ended.then((code) => Promise.reject(new Error(`it ended with ${code}:\n${run.text()}`))),
  ]);
  return { run, lift: barrier.lift };
}

test("in the middle the running steps are finished, and the message says how to continue", async () => {
  const { run, lift } = await stopped(() => project.begin(...words, "--yes"));
  run.child.kill("SIGINT");
  await run.says(/Interrupted: the steps under way are being finished/);
  await lift();
  expect(await run.ended, run.text()).toBe(130);
  expect(run.text()).toMatch(/interrupted after \d+ changes[\s\S]*Run the same command again/);
  expect(project.stackFile()).toContain(`${server.alias}:`);
  expect(printed(await server.run("ls /etc/cron.d"))).not.toContain("database-backups");
  expect(printed(await server.run("find / -xdev -name '*.remotehost-*' -o -name '.*.partial'"))).toBe("");
});

test("a second Ctrl-C ends it at once; its leftovers do not hinder the same command", async () => {
  const { run, lift } = await stopped(() => project.begin(...words, "--yes"));
  run.child.kill("SIGINT");
  await run.says(/Ctrl-C again ends them at once/);
  run.child.kill("SIGINT");
  expect(await run.ended, run.text()).toBe(130);
  await lift();
  const again = await project.deploy(...words, "--yes");
  if (again.code === 75) {
    expect(again.text).toContain("npm run pulumi -- cancel --yes --stack prod");
    printed({ stdout: "", stderr: "", code: (await project.pulumi("cancel", "--yes")).code });
  }
  const { code, text } = again.code === 75 ? await project.deploy(...words, "--yes") : again;
  expect(code, text).toBe(0);
  expect(text).toContain("the backup system is deployed and works");
  const preview = await project.pulumi("preview", "--expect-no-changes");
  expect(preview.code, preview.text).toBe(0);
});

test("without a reader of its output it continues to its end", async () => {
  printed(await server.run("rm /root/backup_quick_reference.txt"));
  const run = project.begin(server.alias, "--yes");
  await run.says(/Preview …/);
  for (const stream of [run.child.stdout, run.child.stderr]) stream?.destroy();
  expect(await run.ended).toBe(0);
  printed(await server.run("cat /root/backup_quick_reference.txt"));
});
