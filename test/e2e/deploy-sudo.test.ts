import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandResult, execute, succeed } from "../../infra/local-machine/command.ts";
import { requireCommand } from "../../infra/local-machine/debian.ts";
import { repository } from "../../infra/local-machine/places.ts";
import type { SandboxServer } from "../sandbox/server.ts";
import { stackFileFor } from "./deploy-project.ts";
import { startServers } from "./servers.ts";

/** A person with an account, an ssh agent and a clone of the repository of their own, who may call sudo. */
const person = "deployer-408";
const sudoers = `/etc/sudoers.d/${person}`;
let home: string;
let server: SandboxServer;
let agent: string;

/** As they would in their shell; nothing of this process's environment comes along. */
async function asPerson(command: string): Promise<CommandResult> {
  const environment = [
    `HOME=${home}`,
    `PATH=${home}/pulumi:/usr/local/bin:/usr/bin:/bin`,
    `SSH_AUTH_SOCK=${home}/agent`,
    `PULUMI_BACKEND_URL=file://${home}/state`,
    "PULUMI_CONFIG_PASSPHRASE=two\nlines and 'quotes' $HOME",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
  ];
  const change = ["setpriv", "--reuid", person, "--regid", person, "--init-groups"];
  return execute([...change, "env", "-i", ...environment, "sh", "-c", `cd ${home}/clone && ${command}`]);
}

beforeAll(async () => {
  await requireCommand("sudo", "sudo");
  home = mkdtempSync(join(tmpdir(), "deployer-"));
  await execute(["userdel", person]);
  await succeed(["useradd", "--system", "--user-group", "--home-dir", home, "--shell", "/bin/sh", person]);
  writeFileSync(sudoers, `${person} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  const [first] = await startServers({ number: 408, database: "full" });
  if (!first) throw new Error("a server was to be started");
  server = first;

  const clone = join(home, "clone");
  for (const path of [clone, join(home, "state"), join(home, "pulumi")]) mkdirSync(path);
  for (const name of [
    "infra",
    "scripts",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "Pulumi.yaml",
  ])
    cpSync(join(repository, name), join(clone, name), { recursive: true, preserveTimestamps: true });
  for (const name of ["pulumi", "pulumi-language-nodejs"]) {
    const path = await succeed(["sh", "-c", `command -v ${name}`]);
    cpSync(path, join(home, "pulumi", name));
  }
  // The key is only in the agent, which sudo hides.
  const sshConfig = readFileSync(server.sshConfig, "utf8")
    .replaceAll(/^ +(IdentityFile|IdentitiesOnly) .*\n/gm, "")
    .replaceAll(server.knownHosts, join(home, "known_hosts"));
  writeFileSync(join(home, "ssh_config"), sshConfig);
  cpSync(server.knownHosts, join(home, "known_hosts"));
  writeFileSync(join(clone, "Pulumi.prod.yaml"), stackFileFor(server));
  await succeed(["chown", "--recursive", `${person}:`, home]);
  chmodSync(home, 0o755);
  // Root's own files, as links where that can be: only read, and large.
  const modules = [join(repository, "node_modules"), join(clone, "node_modules")];
  if ((await execute(["cp", "--archive", "--link", ...modules])).code !== 0)
    await succeed(["cp", "--archive", ...modules]);
  const started = await asPerson(`ssh-agent -a ${home}/agent`);
  agent = /SSH_AGENT_PID=(\d+)/.exec(started.stdout)?.[1] ?? "";
  const key = readFileSync(server.identityFile);
  const added = await execute(["ssh-add", "-"], {
    input: key,
    env: { ...process.env, SSH_AUTH_SOCK: `${home}/agent` },
  });
  if (added.code !== 0) throw new Error(added.stderr);
}, 240_000);

afterAll(async () => {
  if (agent !== "") process.kill(Number(agent));
  rmSync(sudoers, { force: true });
  await execute(["userdel", person]);
  if (home) rmSync(home, { recursive: true, force: true });
  await server?.remove();
});

test("under sudo it is the person who deploys, with their agent, environment and files", async () => {
  const words = `${server.alias} --ssh-config ${home}/ssh_config --yes`;
  const { code, stdout, stderr } = await asPerson(`cd scripts && sudo ./deploy_backup_system.sh ${words}`);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("the backup system is deployed and works");
  const { uid } = statSync(join(home, "state"));
  expect(uid).not.toBe(0);
  const foreign = await succeed([
    "find",
    home,
    "-path",
    "*/node_modules",
    "-prune",
    "-o",
    "!",
    "-uid",
    String(uid),
    "-print",
  ]);
  expect(foreign).toBe("");
  // The same without sudo: the same stack, the same passphrase, nothing left to do.
  const again = await asPerson(`scripts/deploy_backup_system.sh ${server.alias} --yes`);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toContain("nothing was changed");
});
