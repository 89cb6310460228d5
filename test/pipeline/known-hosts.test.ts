import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repository } from "../../infra/local-machine/places.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";

const script = "/tmp/with-credentials.sh";
let server: SandboxServer;

// The script writes to the known_hosts of the account it runs as: here that of a sandbox server, which stands for the
// runner's machine and logs in to itself.
beforeAll(async () => {
  server = await startServer({ database: "none" });
  await server.copyIn(join(repository, "infra", "pipeline", "with-credentials.sh"), script);
  await server.writeFile("/tmp/key", readFileSync(server.identityFile), "0600");
});

afterAll(() => server?.remove());

function login(knownHosts: string) {
  const environment = `SSH_PRIVATE_KEY="$(cat /tmp/key)" PULUMI_BACKEND_URL=file:///state HOME=/tmp`;
  const command = "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes root@127.0.0.1 echo there";
  return server.run(`${environment} SSH_KNOWN_HOSTS='${knownHosts}' bash ${script} ${command}`);
}

test("a host key counts only if SSH_KNOWN_HOSTS has it, and is written once", async () => {
  const without = await login("");
  expect(without.code).toBe(255);
  expect(without.stderr).toContain("Host key verification failed");

  await server.run("printf 'other.example ssh-ed25519 AAAA' > /root/.ssh/known_hosts");
  const line = `127.0.0.1 ${server.hostKey}`;
  for (let run = 1; run <= 2; run++) {
    const { code, stdout, stderr } = await login(`${line}\r\n\r\n`);
    expect([code, stdout], stderr).toEqual([0, "there\n"]);
  }
  expect(await server.readFile("/root/.ssh/known_hosts")).toBe(`other.example ssh-ed25519 AAAA\n${line}\n`);
});
