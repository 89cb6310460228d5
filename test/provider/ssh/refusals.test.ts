import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Connection } from "../../../infra/remotehost/connection.ts";
import { closeSessions, openSession } from "../../../infra/remotehost/provider/ssh/session-pool.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo } from "./sandbox-connection.ts";

const directory = mkdtempSync(join(tmpdir(), "refusals-"));
let server: SandboxServer;
let otherKey: string;
beforeAll(async () => {
  server = await startServer({ database: "none" });
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, "other")]);
  otherKey = readFileSync(join(directory, "other.pub"), "utf8").split(" ").slice(0, 2).join(" ");
});
afterEach(closeSessions);
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await server.remove();
});

/** A connection whose known_hosts has `known` for the server. */
function knowing(known: string): Connection {
  const knownHosts = join(directory, "known_hosts");
  const configFile = join(directory, "ssh_config");
  writeFileSync(knownHosts, known);
  writeFileSync(configFile, readFileSync(server.sshConfig, "utf8").replace(server.knownHosts, knownHosts));
  return connectionTo(server, { configFile });
}

/** A TCP listener on the loopback interface that calls `welcome` for each connection. */
async function listener(welcome: (socket: Socket) => void): Promise<{ port: number; tcp: Server }> {
  const tcp = createServer((socket) => welcome(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  return { port: (tcp.address() as AddressInfo).port, tcp };
}

async function refused(connection: Connection, kind: string, ...says: string[]): Promise<void> {
  const error: unknown = await openSession(connection).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "ConnectError", kind, host: connection.host });
  for (const text of [`${connection.host}: `, ...says]) expect(String(error)).toContain(text);
}

test("root's key with the forced command of a cloud's image: the sentence, and what to type instead", async () => {
  const command = `command="echo 'Please login as the user \\"ubuntu\\" rather than the user \\"root\\".';echo;sleep 10;exit 142"`;
  const keys = "/root/.ssh/authorized_keys";
  await server.run(`cp -p ${keys} /root/keys; sed -i '1{h;s/^/PLACE /}' ${keys}`);
  const text = (await server.readFile(keys)).replace("PLACE", command);
  await server.writeFile(keys, text, "0600");
  try {
    const sentence =
      'Please login as the user "ubuntu" rather than the user "root". Log in as ubuntu: ubuntu@';
    const begun = Date.now();
    await refused(connectionTo(server), "wrong-login", sentence);
    expect(Date.now() - begun).toBeLessThan(9000);
  } finally {
    await server.run(`mv /root/keys ${keys}`);
  }
});

describe("the host key", () => {
  test("that is unknown is refused, and the message has the line for known_hosts", async () => {
    const scan = `ssh-keyscan -p ${server.port} 127.0.0.1`;
    await refused(knowing(""), "unknown-host-key", `Compare \`${scan} |`, `${scan} >> ~/.ssh/known_hosts`);
  });

  test("that has changed is refused, and the message warns and has the line that forgets the old one", async () => {
    const place = `[127.0.0.1]:${server.port}`;
    const forget = `ssh-keygen -f ${join(directory, "known_hosts")} -R '${place}'`;
    await refused(knowing(`${place} ${otherKey}\n`), "changed-host-key", "WARNING", "SHA256:", forget);
  });

  test("is refused although ssh_config would accept any", async () => {
    const connection = knowing("");
    const lenient = "StrictHostKeyChecking no\nNoHostAuthenticationForLocalhost yes\n";
    const path = connection.configFile ?? "";
    writeFileSync(path, lenient + readFileSync(path, "utf8"));
    await refused(connection, "unknown-host-key");
  });

  test("that is pinned is enough, with any known_hosts", async () => {
    const session = await openSession({ ...knowing(""), hostKey: server.hostKey });
    expect((await session.run("echo pinned")).stdout.toString()).toBe("pinned\n");
  });

  test("that is pinned otherwise is refused although known_hosts has the right one", async () => {
    const connection = connectionTo(server, { hostKey: otherKey });
    await refused(connection, "changed-host-key", "put the new key into hostKey");
  });
});

describe("a person's key", () => {
  test("that the server does not know is refused", async () => {
    const connection = connectionTo(server, { identityFile: join(directory, "other") });
    const config = readFileSync(server.sshConfig, "utf8").replace(/^ *IdentityFile.*$/m, "");
    connection.configFile = join(directory, "without-identity");
    writeFileSync(connection.configFile, config);
    await refused(connection, "refused-key", "Permission denied (publickey", "authorized_keys");
  });
});

describe("an address", () => {
  test("without a listener", async () => {
    const { port, tcp } = await listener(() => {});
    await once(tcp.close(), "close");
    const connection = { key: "k", host: "127.0.0.1", port, configFile: "/dev/null" };
    await refused(connection, "port-closed", "Connection refused", "correct host and port");
  });

  test("that is none", async () => {
    const connection = { key: "k", host: "no-such-server.invalid", configFile: "/dev/null" };
    await refused(connection, "name-not-found", "Could not resolve hostname", "spelling");
  });

  test("that accepts connections and sends nothing", async () => {
    const { port, tcp } = await listener(() => {});
    const connection = { key: "k", host: "127.0.0.1", port, configFile: "/dev/null", connectTimeout: 1 };
    await refused(connection, "timeout", "timed out during banner exchange");
    tcp.close();
  });

  test("that closes the first two connections is tried a third time, with a message", async () => {
    let visitors = 0;
    const { port, tcp } = await listener((socket) => {
      visitors += 1;
      if (visitors < 3) socket.destroy();
      else socket.pipe(connect(server.port, "127.0.0.1")).pipe(socket);
    });
    const { identityFile, hostKey } = server;
    const own = {
      key: "k",
      host: "127.0.0.1",
      port,
      user: "root",
      configFile: "/dev/null",
      identityFile,
      hostKey,
    };
    const said: string[] = [];
    const session = await openSession(own, (text) => said.push(text));
    expect((await session.run("echo here")).stdout.toString()).toBe("here\n");
    expect(said).toEqual([
      expect.stringMatching(/sshd dropped the connection .* Attempt 2 of 5 follows\.$/),
      expect.stringMatching(/sshd dropped the connection .* Attempt 3 of 5 follows\.$/),
    ]);
    await closeSessions();
    tcp.close();
  });

  test("that always hangs up is not tried again once the run is cancelled", async () => {
    const { port, tcp } = await listener((socket) => socket.destroy());
    const connection = { key: "k", host: "127.0.0.1", port, configFile: "/dev/null" };
    const opening = openSession(connection, () => void closeSessions());
    await expect(opening).rejects.toMatchObject({ kind: "closed" });
    tcp.close();
  });
});
