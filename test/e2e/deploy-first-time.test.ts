import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type Account, makeAccount } from "./account.ts";
import { answered, type Deployed, onTerminal, watch } from "./deploy-project.ts";
import { startServers, traces } from "./servers.ts";

/** A person who has not used Pulumi yet: no login, no passphrase. */

let server: SandboxServer;
let account: Account;
let file: string;
let words: string;

const passphrase = "a staple of horses";
const noPlugins = { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true", NO_COLOR: "1" };

beforeAll(async () => {
  const [first] = await startServers({ database: "full" });
  if (!first) throw new Error("a server was to be started");
  server = first;
  account = await makeAccount("newcomer-409", server);
  file = stackFile();
  words = `${server.alias} --ssh-config ${account.home}/ssh_config`;
}, 240_000);

afterAll(async () => {
  await account?.remove();
  await server?.remove();
});

const stackFile = () => readFileSync(join(account.clone, "Pulumi.prod.yaml"), "utf8");
const credentials = () => join(account.home, ".pulumi", "credentials.json");
const launcher = "scripts/deploy_backup_system.sh";

/** Without a terminal. */
const deploy = (given: string, environment: Record<string, string> = {}): Promise<Deployed> =>
  answered(watch(account.as(`${launcher} ${given}`, { ...noPlugins, ...environment }), "/", process.env), []);

const deployOnTerminal = (
  given: string,
  answers: readonly (readonly [RegExp, string])[],
): Promise<Deployed> => {
  const [script = "", ...rest] = onTerminal(`${launcher} ${given}`);
  const command = [script, ...rest.map((word) => `'${word}'`)].join(" ");
  return answered(watch(account.as(command, noPlugins), "/", process.env), answers);
};

async function nothingChangedBy(work: () => Promise<void>): Promise<void> {
  const before = await traces(server);
  await work();
  expect(stackFile()).toBe(file);
  expect(existsSync(credentials())).toBe(false);
  expect(await traces(server)).toBe(before);
}

test("without a terminal missing values are listed with the options that set them", async () => {
  await nothingChangedBy(async () => {
    const nowhere = await deploy(`${words} --yes`);
    expect(nowhere.code, nowhere.text).toBe(78);
    expect(nowhere.text).toMatch(/DBK-STACK-2[\s\S]*--local/);
    const locked = await deploy(`${words} --yes --local`);
    expect(locked.code, locked.text).toBe(78);
    expect(locked.text).toMatch(/neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set/);
  });
});

test("two passphrases that differ, and a look with --dry-run, change nothing and log in nowhere", async () => {
  await nothingChangedBy(async () => {
    const differing = await deployOnTerminal(words, [
      [/Keep it on this machine, in ~\/\.pulumi\? \[y\/N\]/, "y\r"],
      [/Choose a passphrase/, "one\r"],
      [/The same again: /, "other\r"],
    ]);
    expect(differing.code, differing.text).toBe(77);
    expect(differing.text).toContain("the two passphrases differ; nothing was changed");
    const shown = await deploy(`${words} --dry-run --local`, { PULUMI_CONFIG_PASSPHRASE: passphrase });
    expect(shown.code, shown.text).toBe(0);
    expect(shown.text).toContain("shown only; nothing was changed");
  });
});

test("--local keeps the state for every later run, and the passphrase is asked for and never shown", async () => {
  const first = await deployOnTerminal(`${words} --local`, [
    [/Choose a passphrase/, `${passphrase}\r`],
    [/The same again: /, `${passphrase}\r`],
    [/Deploy this\? \[y\/N\]/, "y\r"],
  ]);
  expect(first.code, first.text).toBe(0);
  expect(first.text).toContain("the backup system is deployed and works");
  expect(JSON.parse(readFileSync(credentials(), "utf8"))).toMatchObject({ current: "file://~" });
  const again = await deployOnTerminal(server.alias, [[/Passphrase of the stack/, `${passphrase}\r`]]);
  expect(again.code, again.text).toBe(0);
  expect(again.text).toContain("nothing was changed");
  const wrong = await deployOnTerminal(server.alias, [[/Passphrase of the stack/, "wrong\r"]]);
  expect(wrong.code, wrong.text).toBe(78);
  expect(wrong.text).toMatch(/Pulumi cannot open the stack prod: .*incorrect passphrase/);
  expect(wrong.text).toMatch(/Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE/);
  expect(wrong.text).not.toMatch(/std(out|err):|err\?:| at \S+ \(/);
  for (const { text } of [first, again]) expect(text).not.toContain(passphrase);
});
