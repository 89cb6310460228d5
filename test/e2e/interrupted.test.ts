import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { createStack, type SandboxStack } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";
import { barrierAfter, beginUp, type Victim } from "./interrupted-run.ts";
import { configurationOf, startServers } from "./servers.ts";

let server: SandboxServer;
let stack: SandboxStack;

beforeAll(async () => {
  const [one] = await startServers({});
  if (!one) throw new Error("a server was to be started");
  server = one;
  stack = await createStack({ servers: [], configuration: configurationOf(server) });
});

afterAll(async () => {
  stack?.remove();
  await server?.remove();
});

const up = () => stack.pulumi(["up", "--yes"]);

/** A killed CLI leaves its lock on the stack. `pulumi cancel` removes it. */
async function unlock(): Promise<void> {
  const { code, stdout, stderr } = await up();
  expect(code, stdout).not.toBe(0);
  expect(`${stdout}${stderr}`).toMatch(/pulumi cancel/);
  printed(await stack.pulumi(["cancel", "--yes"]));
}

async function expectAllWell(): Promise<void> {
  const { code, stdout, stderr } = await up();
  expect(code, `${stdout}${stderr}`).toBe(0);
  const after = await stack.pulumi(["preview", "--expect-no-changes", "--diff"]);
  expect(after.code, `${after.stdout}${after.stderr}`).toBe(0);
}

/** Files that exist only during a write. */
const unfinished = `find / -xdev \\( -name '.*~' -o -path '/run/remotehost*' \\) -not -path '/proc/*'`;

const killings: [Victim, number][] = [
  ["cli", 1],
  ["ssh", 3],
  ["plugin", 6],
  ["cli", 8],
  ["plugin", 11],
  ["ssh", 12],
];

const wipe =
  "rm -rf /root/*.sh /root/*.txt /opt/database-backups /etc/cron.d/database-backups /etc/logrotate.d/database-backups";

test.each(killings)(
  "%s killed after %i changes: nothing of the run stays behind",
  async (victim, changes) => {
    // As after a reinstallation: everything must be written again, whatever the run before did.
    printed(await server.run(wipe));
    const barrier = await barrierAfter(server, changes);
    try {
      const run = beginUp(stack);
      await Promise.race([barrier.reached, run.ended]);
      run.kill(victim);
      // A running change on the server ends by itself. A waiting one ends with the killed CLI.
      if (victim !== "cli") await barrier.lift();
      // An ssh session that only reads is replaced, and the run succeeds.
      expect(await run.ended).toSatisfy((code) => victim === "ssh" || code !== 0);
      await run.gone();
    } finally {
      await barrier.lift();
    }
    if (victim === "cli") await unlock();
  },
);

test("the next up finishes the work, and nothing is left over", async () => {
  await expectAllWell();
  expect(
    printed(await server.run(`/root/backup_database.sh >/dev/null; ls /root/database_backups`)),
  ).toContain(".sql.gz");
  expect((await server.run(unfinished)).stdout).toBe("");
});

test("an upload that is cut in the middle leaves nothing at its path", async () => {
  const node = "/opt/database-backups/programs/node-*";
  const watching = server.run(
    `until [ -e /tmp/watched ]; do for file in ${node}; do stat -c %s "$file" 2>/dev/null; done; sleep 0.01; done | sort -u`,
  );
  stack.configure({ ...configurationOf(server), runtime: "pinned" });
  const run = beginUp(stack);
  await run.says(/sending \S+: [2-9]\d of /);
  run.kill("ssh");
  expect(await run.ended).not.toBe(0);
  expect(run.text()).toContain("the connection was lost");
  expect((await server.run(`ls -A ${node}`)).stdout).toBe("");

  await expectAllWell();
  await server.run("touch /tmp/watched");
  const sizes = (await watching).stdout;
  expect(sizes).toBe(printed(await server.run(`stat -c %s ${node}`)));
  expect(
    printed(
      await server.run(
        `${node} --version; head -5 /root/backup_database.sh >/dev/null; /root/backup_database.sh --help`,
      ),
    ),
  ).toContain("v24.");
  expect((await server.run(unfinished)).stdout).toBe("");
});
