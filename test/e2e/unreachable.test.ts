import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { entryOf, environment, ownNotes, startServers, traces } from "./servers.ts";
import { aliasFor } from "./ssh-alias.ts";

let server: SandboxServer;
let withoutSudo: SandboxServer;
let listener: { server: Server; port: number };
let stack: SandboxStack;
let cases: Case[] = [];

/** This port has no listener: tcpmux is privileged, unused, and never given out as a free port. */
const closedPort = "1";

/** A server without a possible deployment. Its key is also its `Host` in the ssh_config. */
interface Case {
  key: string;
  entry: Record<string, unknown>;
  /** The expected message: the failure, the reason, and the next step. */
  says: (string | RegExp)[];
}

beforeAll(async () => {
  const [one, two] = await startServers({}, { login: "no-sudo" });
  if (!one || !two) throw new Error("two servers were to be started");
  [server, withoutSudo] = [one, two];
  listener = await silentListener();
  cases = unreachable();
  const servers = Object.fromEntries(cases.map(({ key, entry }) => [key, entry]));
  stack = await createStack({ servers: [], configuration: { ...environment, servers } });
});

afterAll(async () => {
  stack?.remove();
  listener?.server.close();
  await Promise.all([server?.remove(), withoutSudo?.remove()]);
});

/** Accepts connections and never sends anything. */
async function silentListener(): Promise<{ server: Server; port: number }> {
  const silent = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return { server: silent, port: address.port };
}

function unreachable(): Case[] {
  const { host, port, hostKey } = server;
  const foreignKeys = join(dirname(server.sshConfig), "foreign_known_hosts");
  writeFileSync(foreignKeys, `[${host}]:${port} ${withoutSudo.hostKey}\n`);
  const over = (key: string, changes: Record<string, string>) =>
    entryOf(server, { ...aliasFor(server, key, changes) });
  return [
    {
      key: "unknown-host-key",
      entry: over("unknown-host-key", { UserKnownHostsFile: "/dev/null" }),
      says: [
        "the host key could not be trusted",
        "No ED25519 host key is known",
        `ssh-keyscan -p ${port} ${host}`,
      ],
    },
    {
      key: "changed-host-key",
      entry: over("changed-host-key", { UserKnownHostsFile: `"${foreignKeys}"` }),
      says: [
        "another machine may be answering",
        "has changed",
        /It shows SHA256:\S+; compare/,
        "ssh-keygen -f",
      ],
    },
    {
      key: "wrong-pinned-key",
      entry: { ...over("wrong-pinned-key", {}), hostKey: withoutSudo.hostKey },
      says: ["another machine may be answering", "put the new key into hostKey of the configuration"],
    },
    {
      key: "silent-server",
      entry: { ...over("silent-server", { Port: String(listener.port) }), connectTimeout: "5s" },
      says: ["could not be reached over ssh", /timed out|no answer within/, "ssh -F"],
    },
    {
      key: "refused-key",
      entry: over("refused-key", { IdentityFile: `"${withoutSudo.identityFile}"` }),
      says: ["logging in over ssh failed", "Permission denied (publickey", "~root/.ssh/authorized_keys"],
    },
    {
      key: "closed-port",
      entry: over("closed-port", { Port: closedPort }),
      says: [
        "could not be reached over ssh",
        "Connection refused",
        "Start sshd there, or correct host and port",
      ],
    },
    {
      key: "no-sudo",
      entry: entryOf(withoutSudo, { ...aliasFor(withoutSudo, "no-sudo"), user: withoutSudo.user }),
      says: ["the login deploy may not become root", "sudo", "/etc/sudoers.d/90-deploy"],
    },
    {
      key: "right-pinned-key",
      entry: { ...over("right-pinned-key", { UserKnownHostsFile: "/dev/null" }), hostKey },
      says: [],
    },
  ];
}

const expectEach = (text: string) => {
  for (const { key, says } of cases) {
    const sentence = new RegExp(`[ "]${key}: [^{]`);
    const lines = ownNotes(text.split("\n").filter((line) => sentence.test(line)));
    if (says.length === 0) expect(lines, text).toEqual([]);
    for (const part of says) expect(lines.join("\n"), `${key} in\n${text}`).toMatch(part);
  }
};

test("the preview names every server that cannot be looked at, why, and what to do", async () => {
  const { code, stdout, stderr } = await stack.pulumi(["preview", "--expect-no-changes"]);
  expect(code, `${stdout}${stderr}`).toBe(7);
  expectEach(`${stdout}${stderr}`);
});

test("up fails with each server's own message and changes nothing on them", async () => {
  const before = await traces(withoutSudo);
  const wrong = cases.filter(({ says }) => says.length > 0);
  const servers = Object.fromEntries(wrong.map(({ key, entry }) => [key, entry]));
  stack.configure({ ...environment, servers });
  const old = await traces(server);
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes"]);
  expect(code, `${stdout}${stderr}`).toBe(1);
  for (const { key } of wrong) {
    expect(stdout + stderr).toContain(`the server ${key} is not ready, and nothing on it was changed`);
  }
  expectEach(`${stdout}${stderr}`);
  expect(await traces(server)).toBe(old);
  expect(await traces(withoutSudo)).toBe(before);
});

test("a refresh, which only has the state, reports each of them every time", async () => {
  for (let time = 0; time < 2; time += 1) {
    const { code, stdout, stderr } = await stack.pulumi([
      ...["refresh", "--preview-only", "--expect-no-changes", "--diff"],
    ]);
    expect(code, `${stdout}${stderr}`).toBe(7);
    for (const { key, says } of cases) {
      if (says.length > 0) expect(stdout).toContain(`${key}-readiness`);
    }
  }
});

test("up fails again in the same words; one whose entry was wrong is deployed once it is right", async () => {
  const again = await stack.pulumi(["up", "--yes"]);
  expect(again.code, `${again.stdout}${again.stderr}`).toBe(1);
  expectEach(`${again.stdout}${again.stderr}`);

  const key = "closed-port";
  stack.configure({ ...environment, servers: { [key]: entryOf(server, { ...aliasFor(server, key) }) } });
  // The other servers leave without decommissioning, because nothing was ever deployed to them.
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stdout).toContain(`${key}-cron-table`);
  for (const argv of [["preview"], ["refresh", "--preview-only"]]) {
    const next = await stack.pulumi([...argv, "--expect-no-changes"]);
    expect(next.code, `${next.stdout}${next.stderr}`).toBe(0);
  }
  expect(await stack.exportState()).not.toContain("neverReady");
});

test("destroy ends well though a server was never reached", async () => {
  const entry = cases.find(({ key }) => key === "silent-server")?.entry ?? {};
  stack.configure({ ...environment, servers: { "silent-server": entry, "closed-port": entryOf(server) } });
  const failed = await stack.pulumi(["up", "--yes"]);
  expect(failed.code, `${failed.stdout}${failed.stderr}`).toBe(1);
  const { code, stdout, stderr } = await stack.pulumi(["destroy", "--yes"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
});
