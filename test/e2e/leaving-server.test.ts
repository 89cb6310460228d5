import { afterAll, beforeAll, expect, test } from "vitest";
import { printed } from "./deployment.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { entryOf, environment, resourcesOf, traces } from "./servers.ts";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  printed(await fleet.first.run("/root/backup_database.sh"));
});

afterAll(() => fleet?.remove());

/** Configures the stack without its first server, or without both. */
function declareOnly(servers: "second" | "none", decommissioned?: Record<string, string>): void {
  const { second, stack } = fleet;
  stack.configure({
    ...environment,
    servers: servers === "second" ? { [second.alias]: entryOf(second) } : {},
    ...(decommissioned && { decommissioned }),
  });
}

async function nothingLeftToDo(): Promise<void> {
  const { code, text } = await fleet.preview();
  expect(code, text).toBe(0);
}

test("a key that is only taken away is refused in preview and up, and nothing is deleted", async () => {
  const { first } = fleet;
  declareOnly("second");
  const before = await traces(first);
  for (const { code, text } of [await fleet.preview(), await fleet.up()]) {
    expect(code, text).not.toBe(0);
    expect(text).toContain(
      `${first.alias} is deployed and no longer in Pulumi.sandbox.yaml; nothing was changed [DBK-STACK-6].`,
    );
    expect(text).toContain(`${first.alias}: remove`);
  }
  expect(await traces(first)).toBe(before);
});

test("`remove` takes our files away and leaves the backups, the log and the data", async () => {
  const { first, stack } = fleet;
  declareOnly("second", { [first.alias]: "remove" });
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  const left = printed(
    await first.run(
      "ls /root/*.sh /root/*.txt /etc/cron.d /etc/logrotate.d /var/lib/remotehost /opt/database-backups 2>&1; true",
    ),
  );
  expect(left).not.toMatch(/database-backups\n|^\/root\/.*(sh|txt)$|records/m);
  expect(printed(await first.run("ls /root/database_backups /root/backup_database.log"))).toMatch(
    /\.sql\.gz\n/,
  );
  expect(await first.psql("select 1")).toBe("1");
  expect(resourcesOf(await stack.exportState(), first.alias)).toEqual([]);
  await nothingLeftToDo();
  declareOnly("second");
  await nothingLeftToDo();
});

test("`forget` of a dead server drops it from the state and touches nothing; the last one may go too", async () => {
  const { second, stack } = fleet;
  const before = await traces(second);
  await second.stop();
  declareOnly("none", { [second.alias]: "forget" });
  const { code, text } = await fleet.up();
  expect(code, text).toBe(0);
  expect(resourcesOf(await stack.exportState(), second.alias)).toEqual([]);
  await nothingLeftToDo();
  await second.start();
  expect(await traces(second)).toBe(before);
});
