import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../sandbox/docker.ts";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { startServer } from "../sandbox/server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";
import { entryOf, environment, startServers } from "./servers.ts";

/**
 * The seed's complete server failure: a server copies to another machine by sftp, is destroyed with its disk, and one
 * command on a fresh server brings roles and database back.
 */

const key = "0f".repeat(32);
const database = "curriculum_library_api";
let storage: SandboxServer;
let lost: SandboxServer;
let fresh: SandboxServer;
let stack: SandboxStack;
/** What the lost server's database held. */
let held: string;

beforeAll(async () => {
  const [first, second] = await startServers({ database: "full" }, { database: "empty" });
  if (!first || !second) throw new Error("two servers were to be started");
  [lost, fresh] = [first, second];
  storage = await startServer({ database: "none" });
  printed(await storage.run("mkdir /root/copies"));
  stack = await createStack({ servers: [lost], configuration: await configuration(lost) });
  await setSecrets();
});

afterAll(async () => {
  stack?.remove();
  await Promise.all([storage, lost, fresh].map((server) => server?.remove()));
});

/** Where servers reach each other. */
const addressOf = ({ serverContainer }: SandboxServer) =>
  docker([
    "inspect",
    "--format",
    "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
    serverContainer,
  ]);

async function configuration(server: SandboxServer, changes = {}) {
  return {
    ...environment,
    verification: true,
    servers: { [server.alias]: entryOf(server, changes) },
    copies: {
      storage: {
        ...{ type: "sftp", host: await addressOf(storage), user: "root", path: "copies", prefix: "{server}" },
        hostKey: storage.hostKey,
      },
    },
  };
}

/** What opens a store is refused where it is plain. */
async function setSecrets(): Promise<void> {
  // A key that begins with dashes would be an option as a word of its own.
  const set = (path: string, value: string) =>
    stack.pulumi(["config", "set-all", "--path", "--secret", `database-backups:${path}=${value}`]);
  printed(await set("copyKey", key));
  printed(await set("copies.storage.privateKey", readFileSync(storage.identityFile, "utf8")));
}

const content = (server: SandboxServer) =>
  server.psql(
    "SELECT (SELECT count(*) FROM users), (SELECT sum(hashtext(t::text)) FROM lessons AS t), (SELECT count(*) FROM pg_roles WHERE rolname = 'reporting')",
  );

test("a deployment makes a first backup and its copy leaves the server", async () => {
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  await lost.psql("INSERT INTO users SELECT * FROM users WHERE false");
  held = await content(lost);
  printed(await lost.run("/root/backup_database.sh --quiet"));
  await expect
    .poll(async () => (await storage.run(`ls /root/copies/${lost.alias}`)).stdout, { timeout: 60_000 })
    .toMatch(/\.copy\.json\n/);
  const report = JSON.parse((await lost.run("/root/check_database_status.sh --json")).stdout);
  expect(report.stores).toMatchObject([{ name: "storage", point: { number: 9 } }]);
});

test("neither key nor password is plain in the state, and none on the server is open to others", async () => {
  const state = (await stack.pulumi(["stack", "export"])).stdout;
  expect(state).not.toContain(key);
  expect(state).not.toContain("PRIVATE KEY");
  const open = await lost.run("find /opt/database-backups -type f -perm /077");
  expect(open.stdout).toBe("");
});

test("the server and its disk are destroyed; one command on a fresh one brings roles and database back", async () => {
  await lost.remove();
  const named = await configuration(fresh, { copies: { storage: { prefix: lost.alias } } });
  stack.configure({ ...named, verification: false, decommissioned: { [lost.alias]: "forget" } });
  await setSecrets();
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  const words = `--from storage --latest --database ${database} --yes --json`;
  const restored = await fresh.run(`/root/restore_database.sh ${words}`);
  expect(restored.code, `${restored.stdout}${restored.stderr}`).toBe(0);
  expect(await content(fresh)).toBe(held);
});

test("the fresh server goes on in the same place once a person has it take over", async () => {
  printed(await fresh.run("/root/backup_database.sh --quiet --no-copy"));
  const refused = await fresh.run("/root/copy_backups.sh --store storage");
  expect(`${refused.stdout}${refused.stderr}`).toContain("--take-over");
  const taken = await fresh.run("/root/copy_backups.sh --store storage --take-over");
  expect(taken.code, `${taken.stdout}${taken.stderr}`).toBe(0);
  const { stdout } = await fresh.run("/root/restore_database.sh --from storage --list");
  expect(stdout.match(/curriculum_library_api_\d{8}_\d{6}/g)?.length).toBeGreaterThan(1);
});

test("switched off, programs, secrets and cron entries go, and what lies at the store stays", async () => {
  const { copies: _, ...without } = await configuration(fresh);
  stack.configure({ ...without, verification: false, decommissioned: { [lost.alias]: "forget" } });
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  const left = await fresh.run(
    "ls /root/copy_backups.sh /opt/database-backups/programs/*rclone* /opt/database-backups/*store* /opt/database-backups/copy-key; grep -c copy /etc/cron.d/database-backups",
  );
  expect(left.stdout).toBe("0\n");
  const stored = await storage.run(`ls /root/copies/${lost.alias}`);
  expect(stored.stdout.match(/\.copy\.json/g)?.length).toBeGreaterThan(1);
  const report = JSON.parse((await fresh.run("/root/check_database_status.sh --json")).stdout);
  expect(report).not.toHaveProperty("stores");
});
