import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { entryOf, environment, startServers } from "./servers.ts";

let server: SandboxServer;
let stack: SandboxStack;
// A path that is the same here and on the server, and that must never be created.
const directory = mkdtempSync(join(tmpdir(), "canary-"));
const canary = join(directory, "canary");
const bait = `$(touch ${canary})`;

beforeAll(async () => {
  const [one] = await startServers({});
  if (!one) throw new Error("a server was to be started");
  server = one;
  await server.run(`mkdir -p ${directory}`);
  stack = await createStack({ servers: [] });
});

afterAll(async () => {
  stack?.remove();
  rmSync(directory, { recursive: true });
  await server?.remove();
});

async function expectNothingExecuted(): Promise<void> {
  expect(existsSync(canary)).toBe(false);
  expect((await server.run(`ls ${directory}`)).stdout).toBe("");
}

/** A path of the stack's file with a mistake, and a part of the message about it. */
type Problem = [path: string, says: string];

async function expectRefused(configuration: Record<string, unknown>, problems: Problem[]): Promise<void> {
  stack.configure(configuration);
  const logins = await server.logins();
  const { code, stdout, stderr } = await stack.pulumi(["preview"]);
  const text = `${stdout}${stderr}`;
  expect(code, text).not.toBe(0);
  expect(text).toContain(
    `Pulumi.sandbox.yaml has ${problems.length} problems; no server was contacted [DBK-CONFIG-1]:`,
  );
  for (const [path, says] of problems) {
    const line = text.split("\n").find((one) => one.includes(`database-backups:${path}: `));
    expect(line, `${path} in\n${text}`).toContain(says);
  }
  expect(await server.logins()).toBe(logins);
  await expectNothingExecuted();
}

test("every mistake is named at once, with its path and what would be right, and no server is contacted", async () => {
  const { alias } = server;
  await expectRefused(
    {
      ...environment,
      server: {},
      runtime: "newest",
      verification: "yes",
      databases: {
        curriculum_library_api: { contaner: "x" },
        copy: { container: "curriculum_library_api-db", database: "curriculum_library_api_production" },
      },
      backups: { schedule: "61 2 * * *", retention: { days: "seven", keepAtLeast: 0 } },
      monitoring: { schedule: "every day", minimumFreeSpace: "much", diskWarningPercent: 200 },
      paths: { log: "backup.log", statusLauncher: "/root/backup_database.sh" },
      servers: { [alias]: entryOf(server, { port: "22", hots: "x" }), twin: entryOf(server) },
    },
    [
      ["server", "did you mean servers?"],
      ["runtime", 'must be "pinned" or "system"'],
      ["verification", "must be true or false"],
      ["databases.curriculum_library_api.contaner", "did you mean container?"],
      ["backups.schedule", "minute"],
      ["backups.retention.days", "must be a number"],
      ["backups.retention.keepAtLeast", "must be at least 1"],
      ["monitoring.schedule", "five"],
      ["monitoring.minimumFreeSpace", "must be a size like 500MiB or 2GiB"],
      ["monitoring.diskWarningPercent", "must be at most 100"],
      ["paths.log", "must be an absolute path"],
      ["paths.statusLauncher", "each purpose needs a path of its own"],
      [`servers.${alias}.port`, "must be a number"],
      [`servers.${alias}.hots`, "did you mean host?"],
      ["servers.twin.host", `is also the host of ${alias}`],
    ],
  );
});

test("values with a meaning for a shell are refused and never executed", async () => {
  const { alias } = server;
  await expectRefused(
    {
      ...environment,
      databases: {
        curriculum_library_api: {
          database: `a";${bait}`,
          user: `\`touch ${canary}\``,
          container: `x;${bait}`,
        },
        [bait]: {},
      },
      backups: { schedule: `* * * * * touch ${canary}` },
      monitoring: { schedule: `0 2 * * *\n* * * * * root touch ${canary}`, longQuery: bait },
      paths: {
        backups: `/root/back ups'${bait}"`,
        log: `/root/log\n* * * * * root touch ${canary}`,
        cronTable: `/etc/cron.d/x;${bait}`,
        quickReference: `/root/"; touch ${canary}; "`,
        installation: `/opt/\`touch ${canary}\``,
      },
      servers: {
        [alias]: entryOf(server, {
          host: `-oProxyCommand=touch ${canary}`,
          user: "root;$(reboot)",
          hostKey: `ssh-ed25519 AAAA;${bait}`,
          proxyJump: `x;${bait}`,
          sshConfig: `${directory}/${bait}`,
          identityFile: `relative ${bait}`,
          formerly: `x\n${bait}`,
        }),
      },
    },
    [
      ["databases.curriculum_library_api.database", "quotes"],
      ["databases.curriculum_library_api.user", "quotes"],
      ["databases.curriculum_library_api.container", "a Docker container's name"],
      [`databases.${bait}`, "lower-case letters"],
      ["backups.schedule", "five"],
      ["monitoring.schedule", "line breaks"],
      ["monitoring.longQuery", "must be a duration"],
      ["paths.backups", "may hold only letters"],
      ["paths.log", "line breaks"],
      ["paths.cronTable", "may hold only letters"],
      ["paths.quickReference", "may hold only letters"],
      ["paths.installation", "may hold only letters"],
      [`servers.${alias}.host`, "must not begin with -"],
      [`servers.${alias}.user`, "a login name"],
      [`servers.${alias}.hostKey`, "TYPE BASE64"],
      [`servers.${alias}.proxyJump`, "[USER@]HOST[:PORT]"],
      [`servers.${alias}.sshConfig`, "ssh hands it to a shell"],
      [`servers.${alias}.identityFile`, "beginning with / or ~/"],
      [`servers.${alias}.formerly`, "line breaks"],
    ],
  );
});
