import { globSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type DeployProject, makeProject, stackFileFor } from "./deploy-project.ts";
import { printed } from "./deployment.ts";
import { startServers, traces } from "./servers.ts";

let server: SandboxServer;
let other: SandboxServer;
let project: DeployProject;
let before: string;

const backups = async (one: SandboxServer) =>
  printed(await one.run("ls /root/database_backups 2>/dev/null || true"))
    .split("\n")
    .filter((name) => name.endsWith(".sql.gz"));

beforeAll(async () => {
  const [first, second] = await startServers({ database: "full" }, { database: "none" });
  if (!first || !second) throw new Error("two servers were to be started");
  [server, other] = [first, second];
  before = stackFileFor(server, "down: { host: 127.0.0.1, port: 9 } # in repair");
  project = makeProject(before);
});

afterAll(async () => {
  project?.remove();
  await Promise.all([server?.remove(), other?.remove()]);
});

test("without a confirmation neither file, stack nor server is touched", async () => {
  const untouched = await traces(server);
  const words = [server.alias, "--ssh-config", server.sshConfig];
  const refused = await project.deploy(...words);
  expect(refused.code, refused.text).toBe(77);
  expect(refused.text).toMatch(/nothing was changed \[DBK-CLI-3\]\n.*--yes/);
  const shown = await project.deploy(...words, "--dry-run");
  expect(shown.code, shown.text).toBe(0);
  expect(shown.text).toMatch(/\+ \/root\/backup_database\.sh +file/);
  expect(shown.text).toContain("shown only; nothing was changed");
  // No other process can see the stack of a preview.
  expect(globSync("state/.pulumi/{stacks,backups,history}/**/*prod*", { cwd: project.directory })).toEqual(
    [],
  );
  const declined = await project.deployOnTerminal(words, [[/Deploy this\? \[y\/N\]/, "n\r"]]);
  expect(declined.code, declined.text).toBe(77);
  expect(declined.text).toContain("not confirmed; nothing was changed");
  expect(project.stackFile()).toBe(before);
  expect((await project.pulumi("stack", "ls")).stdout).not.toContain("prod");
  expect(await traces(server)).toBe(untouched);
});

test("a new server is added, deployed, backed up and checked, in spite of problems of another one", async () => {
  const { code, text } = await project.deploy(server.alias, "--ssh-config", server.sshConfig, "--yes");
  expect(code, text).toBe(0);
  const [backup, ...more] = await backups(server);
  expect(more).toEqual([]);
  expect(text).toContain(`${server.alias}: the backup system is deployed and works`);
  expect(text).toContain(`first backup ${backup}: verified`);
  expect(text).toContain("status check: healthy");
  expect(text).toContain(`root@${server.alias} /root/check_database_status.sh`);
  const added = `    ${server.alias}:\n      sshConfig: ${server.sshConfig}\n`;
  const salt = /^encryptionsalt: .*\n/m;
  expect(project.stackFile()).toMatch(salt);
  expect(project.stackFile().replace(salt, "")).toBe(
    before.replace("  # what they run", `${added}  # what they run`),
  );
});

test("again: nothing is changed, no backup is made, and the result is JSON where it is wanted", async () => {
  const [untouched, file, [backup]] = [await traces(server), project.stackFile(), await backups(server)];
  const { code, stdout, text } = await project.deploy(server.alias, "--yes", "--json");
  expect(code, text).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    exitCode: 0,
    stack: "prod",
    fileChanges: [],
    errors: [],
    servers: [
      { key: server.alias, changes: 0, problems: [], verification: { backedUp: false, failure: null } },
    ],
  });
  expect(stdout).toContain(backup);
  expect(project.stackFile()).toBe(file);
  expect(await traces(server)).toBe(untouched);
});

test("a hand edit is put back; a server without its database gets everything else, and is no success", async () => {
  printed(await server.run("echo >> /root/backup_database.sh"));
  project.writeStackFile(
    project
      .stackFile()
      .replace(
        "    down:",
        `    ${other.alias}: { sshConfig: ${other.sshConfig}, databases: { curriculum_library_api: { container: later } } }\n    down:`,
      ),
  );
  const only = ["--only", "sandbox-*"];
  const refused = await project.deployOnTerminal(only, [
    [/Does the application come later.*\[y\/N\]/, "n\r"],
  ]);
  expect(refused.code, refused.text).toBe(69);
  expect(refused.text).toContain(`PostgreSQL runs in`);
  expect(refused.text).toMatch(
    /there is no container later of curriculum_library_api on .*; nothing was changed/,
  );

  const unsaid = await project.deploy(...only, "--yes");
  expect(unsaid.code, unsaid.text).toBe(69);
  expect(unsaid.text).toMatch(/~ \/root\/backup_database\.sh +content; edited on the server/);
  expect(unsaid.stdout).toMatch(
    /Kept\n.*backup_database\.sh had been edited; the edited version is kept as \/opt\/database-backups\/replaced\//,
  );
  expect(unsaid.stdout.trimEnd().split("\n").at(-1)).toBe(
    `nothing is backed up of curriculum_library_api (there is no container later on ${other.alias}) [DBK-READY-7]`,
  );

  const { code, text } = await project.deploy(...only, "--yes", "--before-application");
  expect(code, text).toBe(0);
  expect(text).toMatch(
    /deployed; backups begin as soon as the database is there[\s\S]*After kamal deploy: ssh/,
  );
  expect(printed(await other.run("ls /etc/cron.d"))).toContain("database-backups");
});

test("--all with a server that is down: the others are deployed, it is named, and the exit code says so", async () => {
  printed(await other.run("rm /root/backup_quick_reference.txt"));
  const { code, text } = await project.deploy("--all", "--yes");
  expect(code, text).toBe(1);
  expect(text).toMatch(/down: nothing was changed there[\s\S]*Connection refused/);
  expect(printed(await other.run("cat /root/backup_quick_reference.txt"))).not.toBe("");
  const alone = await project.deploy("down", "--yes");
  expect(alone.code, alone.text).toBe(69);
});

test("what is wrong in the configuration is reported at once, and nothing else happens", async () => {
  const misspelt = `${server.alias}x`;
  const wrong = await project.deploy("sandboks", "--replaces", misspelt, "--yes");
  expect(wrong.code, wrong.text).toBe(64);
  expect(wrong.text).toMatch(
    new RegExp(`${misspelt} is not a server of .*DBK-CLI-2.*\nDid you mean ${server.alias}\\?`),
  );
  const file = project.stackFile();
  project.writeStackFile(file.replace("runtime: system", "runtime: sistem"));
  const { code, text } = await project.deploy(server.alias, "--yes");
  expect(code, text).toBe(78);
  expect(text).toMatch(
    /one problem; no server was contacted \[DBK-CONFIG-1\]:\n.*runtime: must be "pinned" or "system"/,
  );
  project.writeStackFile(file);
});
