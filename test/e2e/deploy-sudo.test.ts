import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandResult, execute, succeed } from "../../infra/local-machine/command.ts";
import { requireCommand } from "../../infra/local-machine/debian.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type Account, makeAccount } from "./account.ts";
import { startServers } from "./servers.ts";

/** A person with an account, an ssh agent, a clone of the repository, and permission to call sudo. */
const person = "deployer-408";
const sudoers = `/etc/sudoers.d/${person}`;
let account: Account;
let home: string;
let server: SandboxServer;
let agent: string;

/** As in the person's own shell. */
const asPerson = (command: string): Promise<CommandResult> =>
  execute(
    account.as(command, {
      SSH_AUTH_SOCK: `${home}/agent`,
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "two\nlines and 'quotes' $HOME",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    }),
  );

beforeAll(async () => {
  await requireCommand("sudo", "sudo");
  const [first] = await startServers({ database: "full" });
  if (!first) throw new Error("a server was to be started");
  server = first;
  account = await makeAccount(person, server);
  ({ home } = account);
  writeFileSync(sudoers, `${person} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 });
  await asPerson(`mkdir ${home}/state`);
  // The key is only in the agent, whose variable sudo removes.
  rmSync(join(home, "identity"));
  const sshConfig = join(home, "ssh_config");
  const text = readFileSync(sshConfig, "utf8").replaceAll(/^ +(IdentityFile|IdentitiesOnly) .*\n/gm, "");
  writeFileSync(sshConfig, text);
  const started = await asPerson(`ssh-agent -a ${home}/agent`);
  agent = /SSH_AGENT_PID=(\d+)/.exec(started.stdout)?.[1] ?? "";
  const added = await execute(["ssh-add", "-"], {
    input: readFileSync(server.identityFile),
    env: { ...process.env, SSH_AUTH_SOCK: `${home}/agent` },
  });
  if (added.code !== 0) throw new Error(added.stderr);
}, 240_000);

afterAll(async () => {
  if (agent !== "") process.kill(Number(agent));
  rmSync(sudoers, { force: true });
  await account?.remove();
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
  // Without sudo the stack and the passphrase are the same, so there is nothing to do.
  const again = await asPerson(`scripts/deploy_backup_system.sh ${server.alias} --yes`);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toContain("nothing was changed");
});
