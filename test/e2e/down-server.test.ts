import { afterAll, beforeAll, expect, test } from "vitest";
import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { printed } from "./deployment.ts";
import { driftReport } from "./drift-report.ts";
import { deployOnly, type Fleet, startFleet } from "./fleet.ts";
import { proposedChanges } from "./preview-text.ts";
import { contents, entryOf, environment, resourcesOf, traces } from "./servers.ts";

let fleet: Fleet;
let right: Map<SandboxServer, string>;

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  const { first, second } = fleet;
  right = new Map([
    [first, await ours(first)],
    [second, await ours(second)],
  ]);
});

afterAll(() => fleet?.remove());

/** Our files except edited ones that were kept. */
const ours = async (server: SandboxServer) =>
  (await contents(server)).replaceAll(/^.*\/replaced\/.*\n/gm, "");

/** Changes by hand on a server: one file edited, one removed, one made world-writable. */
const edit = async (server: SandboxServer) =>
  printed(
    await server.run(
      "echo by hand >> /root/backup_quick_reference.txt; rm /root/check_database_status.sh; chmod 755 /root/backup_database.sh",
    ),
  );

const known = async (server: SandboxServer) => resourcesOf(await fleet.stack.exportState(), server.alias);

/** The inputs of the server's files, directories and cron table in the state, by name. */
async function inputsOf(server: SandboxServer): Promise<Record<string, unknown>> {
  const { deployment }: { deployment: { resources: { urn: string; inputs?: unknown }[] } } = JSON.parse(
    await fleet.stack.exportState(),
  );
  const own = new RegExp(`::${server.alias}-(?!readiness$)[a-z-]+$`);
  return Object.fromEntries(
    deployment.resources.filter(({ urn }) => own.test(urn)).map(({ urn, inputs }) => [urn, inputs]),
  );
}

const notReady = ({ alias }: SandboxServer) =>
  `the server ${alias} is not ready, and nothing on it was changed`;

async function allIsWell(): Promise<void> {
  const mended = await fleet.up();
  expect(mended.code, mended.text).toBe(0);
  const { code, text } = await fleet.preview();
  expect(code, text).toBe(0);
}

test("edited by hand and then down: seen by preview and refresh, and the other server is repaired", async () => {
  const { first, second } = fleet;
  await edit(first);
  await edit(second);
  const [before, state] = [await traces(second), await known(second)];
  await second.stop();

  for (const { code, text } of [await fleet.preview(), await fleet.refresh()]) {
    expect(code, text).toBe(7);
    expect(text).toContain(`${second.alias}-readiness`);
    expect(text).toContain(`${first.alias}-quick-reference`);
  }
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(notReady(second));
  expect(text).toContain(`port ${second.port}: Connection refused`);
  expect(await ours(first)).toBe(right.get(first));
  expect(await known(second)).toEqual(state);
  // The problem stored by the failed update must not hide that it still exists.
  const later = await fleet.refresh();
  expect(later.code, later.text).toBe(7);
  expect(later.text).toContain(`${second.alias}-readiness`);

  await second.start();
  expect(await traces(second)).toBe(before);
  await allIsWell();
  expect(await ours(second)).toBe(right.get(second));
});

test("a replacement of its own pending while it is down, and one of the other server's that cannot be finished", async () => {
  const { first, second, stack } = fleet;
  const moved = { quickReference: "/root/moved reference.txt" };
  stack.configure({
    ...environment,
    servers: {
      [first.alias]: entryOf(first, { paths: moved }),
      [second.alias]: entryOf(second, { paths: moved }),
    },
  });
  // The quick reference is not edited: an edited one would not be removed from its old path.
  printed(await second.run("rm /root/check_database_status.sh"));
  const [before, state] = [await traces(second), await known(second)];
  await second.stop();

  const planned = await fleet.preview();
  expect(planned.code, planned.text).toBe(7);
  const changes = proposedChanges(planned.text);
  expect(changes.get(`${first.alias}-quick-reference`)?.operation).toMatch(/replace/);
  expect(changes.has(`${second.alias}-quick-reference`)).toBe(false);
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(notReady(second));
  expect(await ours(first)).toContain("/root/moved reference.txt");
  expect(await known(second)).toEqual(state);
  // The engine deletes at the end of a successful run, so the first server's old file still exists.
  expect((await known(first)).filter((resource) => resource.delete).map(({ id }) => id)).toEqual([
    "/root/backup_quick_reference.txt",
  ]);

  // Now the server with the pending replacement goes down, and the other one is back.
  const pending = [await traces(first), await known(first)];
  await second.start();
  expect(await traces(second)).toBe(before);
  await first.stop();
  const other = await fleet.up();
  expect(other.code, other.text).toBe(1);
  expect(other.text).toContain(notReady(first));
  expect(await known(first)).toEqual(pending[1]);
  expect(await ours(second)).toContain("/root/moved reference.txt");
  await first.start();
  expect(await traces(first)).toBe(pending[0]);

  await allIsWell();
  for (const server of [first, second]) {
    const list = printed(await server.run("ls /root"));
    expect(list).toContain("moved reference.txt");
    expect(list).not.toContain("backup_quick_reference.txt");
  }
});

test("a configuration that changes while a server is down waits for it, and is no change by hand", async () => {
  const { first, second, stack } = fleet;
  const deployed = await inputsOf(second);
  stack.configure({
    ...environment,
    backups: { schedule: "20 3 * * *" },
    servers: { [first.alias]: entryOf(first), [second.alias]: entryOf(second) },
  });
  await second.stop();
  for (let time = 0; time < 2; time += 1) {
    const { code, text } = await fleet.up();
    expect(code, text).toBe(1);
    expect(text).toContain(notReady(second));
  }
  expect(printed(await first.run("cat /etc/cron.d/database-backups"))).toContain("20 3 * * *");
  expect(await inputsOf(second)).toEqual(deployed);

  await second.start();
  const { code, report } = await driftReport(stack);
  expect(code, JSON.stringify(report)).toBe(0);
  const found = report.servers.find(({ key }) => key === second.alias);
  expect(found).toMatchObject({ verdict: "as-deployed", problems: [], drift: [] });
  const pending = found?.pending.map(({ resource }) => resource.replace(`${second.alias}-`, ""));
  expect(pending).toEqual(expect.arrayContaining(["cron-table", "quick-reference", "settings"]));

  await allIsWell();
  expect(printed(await second.run("cat /etc/cron.d/database-backups"))).toContain("20 3 * * *");
});

test("of two servers that were deployed together, more than once, one alone is destroyed", async () => {
  const { first, second, stack } = fleet;
  const [, ...targets] = await deployOnly(fleet, first.alias);
  const [before, state] = [await traces(second), await known(second)];
  const { code, stdout, stderr } = await stack.pulumi(["destroy", "--yes", "--skip-preview", ...targets]);
  expect(code, stdout + stderr).toBe(0);
  expect(printed(await first.run("ls /etc/cron.d"))).not.toContain("database-backups");
  expect(await known(first)).toEqual([]);
  expect(await known(second)).toEqual(state);
  expect(await traces(second)).toBe(before);
});
