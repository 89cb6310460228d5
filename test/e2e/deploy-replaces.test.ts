import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type DeployProject, entryText, makeProject, stackFileFor } from "./deploy-project.ts";
import { printed } from "./deployment.ts";
import { startServers, traces } from "./servers.ts";
import { aliasFor } from "./ssh-alias.ts";

let dead: SandboxServer;
let spare: SandboxServer;
let fresh: SandboxServer;
let latest: SandboxServer;
let project: DeployProject;

beforeAll(async () => {
  const [first, second, third, fourth] = await startServers({}, {}, {}, {});
  if (!first || !second || !third || !fourth) throw new Error("four servers were to be started");
  [dead, spare, fresh, latest] = [first, second, third, fourth];
  project = makeProject(
    stackFileFor(
      fresh,
      `${dead.alias}: ${entryText(dead)} # bought in 2024`,
      `${spare.alias}: ${entryText(spare)}`,
    ),
  );
  // All in one run, so that the resources depend on each other as in a stack that has grown.
  const { code, text } = await project.deploy("--all", "--yes");
  expect(code, text).toBe(0);
  const everything = await project.pulumi("up", "--yes", "--skip-preview");
  expect(everything.code, everything.text).toBe(0);
  await dead.stop();
});

afterAll(async () => {
  project?.remove();
  await Promise.all([dead, spare, fresh, latest].map((server) => server?.remove()));
});

test("a machine that is deployed already is not deployed under a second name", async () => {
  const [untouched, file] = [await traces(spare), project.stackFile()];
  const { host, sshConfig } = aliasFor(spare, "twin");
  const { code, text } = await project.deploy(host, "--ssh-config", sshConfig, "--yes");
  expect(code, text).toBe(69);
  expect(text).toContain(`twin: it is the same machine as ${spare.alias}, which is deployed already`);
  expect(project.stackFile()).toBe(file);
  expect(await traces(spare)).toBe(untouched);
});

test("a new machine replaces the dead one, and nothing remains to be done", async () => {
  const untouched = await traces(spare);
  const words = [fresh.alias, "--ssh-config", fresh.sshConfig, "--replaces", dead.alias, "--yes"];
  const { code, text } = await project.deploy(...words);
  expect(code, text).toBe(0);
  expect(text).toContain(`${fresh.alias} takes the place of ${dead.alias}, which is forgotten`);
  expect(printed(await fresh.run("ls /root/database_backups"))).toMatch(/\.sql\.gz$/m);
  const file = project.stackFile();
  expect(file).toMatch(new RegExp(`servers:\\n {4}${fresh.alias}:`));
  expect(file).toContain("connectTimeout: 60s");
  expect(file).toContain("# bought in 2024");
  expect(file).toContain(`database-backups:decommissioned:\n    ${dead.alias}: forget\n`);
  expect(await traces(spare)).toBe(untouched);
  const preview = await project.pulumi("preview", "--expect-no-changes");
  expect(preview.code, preview.text).toBe(0);
  expect((await project.pulumi("stack", "export")).stdout).not.toContain(`${dead.alias}-`);
});

test("the same command again finds it done", async () => {
  const { code, text } = await project.deploy(fresh.alias, "--replaces", dead.alias, "--yes");
  expect(code, text).toBe(0);
  expect(text).toContain("nothing was changed");
});

test("killed before the dead one was forgotten, the same command finishes it", async () => {
  await fresh.stop();
  const words = [latest.alias, "--ssh-config", latest.sshConfig, "--replaces", fresh.alias, "--yes"];
  const run = project.begin(...words);
  await run.says(/Forgetting /);
  run.child.kill("SIGKILL");
  await run.ended;
  expect(project.stackFile()).toContain(`${fresh.alias}: forget`);
  const { code, text } = await project.deploy(...words);
  expect(code, text).toBe(0);
  expect((await project.pulumi("stack", "export")).stdout).not.toContain(`${fresh.alias}-`);
});
