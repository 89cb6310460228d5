import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { succeed } from "../../infra/local-machine/command.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type DeployProject, makeProject, stackFileFor } from "./deploy-project.ts";
import { startServers, traces } from "./servers.ts";

let server: SandboxServer;
let project: DeployProject;
let fingerprint: string;
let otherKey: string;

/** The arguments for the server with another known_hosts: it has the jump host's key and these lines. */
function knowing(...lines: string[]): string[] {
  const knownHosts = join(project.directory, "known_hosts");
  const sshConfig = join(project.directory, "ssh_config");
  const [, jumpHost = ""] = readFileSync(server.knownHosts, "utf8").split("\n");
  writeFileSync(knownHosts, [jumpHost, ...lines, ""].join("\n"));
  const text = readFileSync(server.sshConfig, "utf8").replaceAll(server.knownHosts, knownHosts);
  writeFileSync(sshConfig, text, { mode: 0o600 });
  return [server.alias, "--ssh-config", sshConfig];
}

beforeAll(async () => {
  const [first] = await startServers({ database: "full", jumpHost: true });
  if (!first) throw new Error("a server was to be started");
  server = first;
  project = makeProject(stackFileFor(server));
  const shown = await succeed(["ssh-keygen", "-l", "-f", "-"], { input: server.hostKey });
  fingerprint = shown.split(" ")[1] ?? "";
  const pair = join(project.directory, "other");
  await succeed(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", pair]);
  otherKey = readFileSync(`${pair}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
});

afterAll(async () => {
  project?.remove();
  await server?.remove();
});

test("an unknown key is refused without a terminal, and the message has the option that accepts it", async () => {
  const [untouched, file, logins] = [await traces(server), project.stackFile(), await server.logins()];
  const { code, text } = await project.deploy(...knowing(), "--yes");
  expect(code, text).toBe(77);
  expect(text).toContain(
    `shows ssh-ed25519 ${fingerprint}, and there was no terminal to confirm it on; nothing was changed`,
  );
  expect(text).toContain(`--accept-host-key ${fingerprint}`);
  const different = await project.deploy(
    ...knowing(),
    "--yes",
    "--accept-host-key",
    `SHA256:${"a".repeat(43)}`,
  );
  expect(different.code, different.text).toBe(69);
  expect(different.text).toContain(`shows ssh-ed25519 ${fingerprint}, not the SHA256:aaaa`);
  const wrong = await project.deploy(...knowing(), "--yes", "--host-key", otherKey);
  expect(wrong.code, wrong.text).toBe(69);
  expect(project.stackFile()).toBe(file);
  expect(await traces(server)).toBe(untouched);
  // No key was offered to a server with an unknown host key.
  expect(await server.logins()).toBe(logins);
});

test("a changed key is refused with any accepted key", async () => {
  const file = project.stackFile();
  const [own = ""] = readFileSync(server.knownHosts, "utf8").split("\n");
  const changed = own.replace(server.hostKey, otherKey);
  for (const words of [[], ["--accept-host-key", fingerprint]]) {
    const { code, text } = await project.deploy(...knowing(changed), "--yes", ...words);
    expect(code, text).toBe(69);
    expect(text).toContain("WARNING, another machine may be answering in its place");
  }
  const asked = await project.deployOnTerminal(knowing(changed), []);
  expect(asked.code, asked.text).toBe(69);
  expect(asked.text).not.toContain("[y/N]");
  expect(project.stackFile()).toBe(file);
});

test("of several servers one with an unknown key is named with the option that accepts it, and the others are still checked", async () => {
  const [, , sshConfig = ""] = knowing();
  const file = project.stackFile();
  const servers = `    ${server.alias}: { sshConfig: ${sshConfig} }\n    down: { host: 127.0.0.1, port: 9 }\n`;
  project.writeStackFile(file.replace("  # what they run", `${servers}  # what they run`));
  const { code, text } = await project.deploy("--all", "--yes");
  expect(code, text).toBe(69);
  expect(text).toContain(`deploy_backup_system.sh ${server.alias} --accept-host-key ${fingerprint}`);
  expect(text).toMatch(/127\.0\.0\.1.*Connection refused/);
  project.writeStackFile(file);
});

test("on a terminal the key is shown with its fingerprint and asked about, then it is pinned", async () => {
  const declined = await project.deployOnTerminal(knowing(), [[/Is it this key\? \[y\/N\]/, "no\r"]]);
  expect(declined.code, declined.text).toBe(77);
  expect(declined.text).toContain(fingerprint);
  const { code, text } = await project.deployOnTerminal(knowing(), [
    [/Is it this key\? \[y\/N\]/, "y\r"],
    [/Deploy this\? \[y\/N\]/, "y\r"],
  ]);
  expect(code, text).toBe(0);
  expect(text).toContain(`its host key is pinned, ${fingerprint}`);
  expect(project.stackFile()).toContain(`hostKey: ${server.hostKey}\n`);
  expect(text).toContain("the backup system is deployed and works");
});

test("a pinned key is never replaced by the command line, nor accepted when another one answers", async () => {
  const file = project.stackFile();
  const said = await project.deploy(server.alias, "--yes", "--host-key", otherKey);
  expect(said.code, said.text).toBe(78);
  expect(said.text).toMatch(/its hostKey there is another/);
  project.writeStackFile(file.replace(server.hostKey, otherKey));
  const { code, text } = await project.deploy(server.alias, "--yes", "--accept-host-key", fingerprint);
  expect(code, text).toBe(69);
  expect(text).toMatch(/another machine may be answering|shows no key of the pinned type/);
  project.writeStackFile(file);
});
