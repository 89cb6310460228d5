import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { closeSessions, openSession } from "../../../infra/remotehost/provider/ssh/session-pool.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../../sandbox/server.ts";
import { connectionTo } from "./sandbox-connection.ts";

const directory = mkdtempSync(join(tmpdir(), "logins-"));
let server: SandboxServer;

async function start(options: Omit<SandboxOptions, "database">): Promise<SandboxServer> {
  await server?.remove();
  server = await startServer({ database: "none", ...options });
  return server;
}

afterEach(closeSessions);
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await server.remove();
});

describe("a login", () => {
  test("by sudo is root for its scripts", async () => {
    const session = await openSession(connectionTo(await start({ login: "sudo" })));
    expect(session.machine.user).toBe("deploy");
    const { stdout } = await session.run('id -u; cat "$INPUT"', Buffer.from("body"));
    expect(stdout.toString()).toBe("0\nbody");
  });

  test("without sudo is reported", async () => {
    await expect(openSession(connectionTo(await start({ login: "no-sudo" })))).rejects.toMatchObject({
      kind: "no-sudo",
      host: expect.stringMatching(/^sandbox-\d+$/),
      message: expect.stringMatching(/^sandbox-\d+: the login deploy may not become root: .*sudoers/s),
    });
  });

  test.each(["its own ssh_config", "proxyJump"])("through a jump host of %s", async (way) => {
    const behind = await start({ jumpHost: true });
    const direct = join(directory, "without-jump");
    writeFileSync(direct, readConfig(behind).replace(/^ *ProxyJump.*$/m, ""));
    const connection =
      way === "proxyJump"
        ? connectionTo(behind, { configFile: direct, proxyJump: behind.proxyJump ?? "" })
        : connectionTo(behind);
    const session = await openSession(connection);
    expect((await session.run("echo through")).stdout.toString()).toBe("through\n");
  });

  test("with one session per connection, a banner and a noisy .bashrc", async () => {
    const bashrc = `echo Welcome; echo 'remotehost-x ready'; printf 'no end of line'; echo oops >&2`;
    const session = await openSession(
      connectionTo(await start({ bashrc, sshdOptions: ["MaxSessions 1", "Banner /etc/os-release"] })),
    );
    const answers = await Promise.all([1, 2, 3].map((text) => session.run(`echo ${text}`)));
    expect(answers.map(({ stdout }) => stdout.toString())).toEqual(["1\n", "2\n", "3\n"]);
    expect(await server.logins()).toBe(1);
  });

  test("whose shell waits for ever is given up", async () => {
    const connection = connectionTo(await start({ bashrc: "sleep 300" }), { connectTimeout: 1 });
    await expect(openSession(connection)).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("no answer within 5 s"),
    });
  });

  test("with a shell that is not a shell is reported with its output", async () => {
    const connection = connectionTo(
      await start({ sshdOptions: ["ForceCommand echo backups only >&2; exit 1"] }),
    );
    await expect(openSession(connection)).rejects.toMatchObject({
      kind: "no-shell",
      message: expect.stringContaining("backups only"),
    });
  });
});

test("an input without space on the server is refused, runs nothing, and the session continues", async () => {
  const session = await openSession(connectionTo(await start({ tmpfs: { "/var/tmp": "2m" } })));
  await expect(session.run("touch /tmp/ran", randomBytes(5_000_000))).rejects.toMatchObject({
    name: "RemoteCommandError",
    code: null,
    message: expect.stringContaining("No space left on device"),
  });
  expect((await session.run("ls /tmp/ran /var/tmp; echo on")).stdout.toString()).toBe("/var/tmp:\non\n");
});

test("twenty servers at once pass an sshd that drops the eleventh start", async () => {
  const only = await start({ sshdOptions: ["MaxStartups 10:100:10"] });
  const names = Array.from({ length: 20 }, (_, index) => `server-${index}`);
  const configFile = join(directory, "twenty");
  writeFileSync(configFile, readConfig(only).replace(/^Host .*$/m, `Host ${names.join(" ")}`));
  const said: string[] = [];
  const sessions = await Promise.all(
    names.map((host) => openSession({ key: host, host, configFile }, (text) => said.push(text))),
  );
  const answers = await Promise.all(sessions.map((session) => session.run("echo here")));
  expect(answers.map(({ stdout }) => stdout.toString())).toEqual(names.map(() => "here\n"));
  expect(said).toEqual([]);
  expect(await only.logins()).toBe(20);
});

function readConfig({ sshConfig }: SandboxServer): string {
  return readFileSync(sshConfig, "utf8");
}
