import { afterAll, beforeAll, expect, test } from "vitest";
import { chosenServersVariable } from "../../infra/program/chosen-servers.ts";
import { printed } from "./deployment.ts";
import { deployOnly, type Fleet, startFleet } from "./fleet.ts";
import { resourcesOf, traces } from "./servers.ts";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
});

afterAll(() => fleet?.remove());

test("on the first up a server that is down gets nothing, and the other one everything", async () => {
  const { first, second, stack } = fleet;
  await second.stop();
  const { code, text } = await fleet.up();
  expect(code, text).toBe(1);
  expect(text).toContain(`the server ${second.alias} is not ready, and nothing on it was changed`);
  expect(resourcesOf(await stack.exportState(), second.alias)).toEqual([]);
  const list = printed(
    await first.run("ls /root /etc/cron.d; /root/backup_database.sh >/dev/null; ls /root/database_backups"),
  );
  for (const name of ["restore_database.sh", "database-backups", "curriculum_library_api_2"])
    expect(list).toContain(name);
});

test("--target with the other server down, or new and up: mends the one and does not fail or touch the other", async () => {
  const { first, second } = fleet;
  const argv = await deployOnly(fleet, first.alias);
  expect(argv[0]).toBe("up");
  const spoil = "rm /root/backup_quick_reference.txt";
  const run = async () => {
    printed(await first.run(spoil));
    const { code, text } = await fleet.up(...argv.slice(1));
    expect(code, text).toBe(0);
    expect(printed(await first.run("cat /root/backup_quick_reference.txt"))).not.toBe("");
  };
  await run();
  await second.start();
  const before = await traces(second);
  await run();
  expect(await traces(second)).toBe(before);
});

test("--target of a new server deploys it whole; with everything there nothing is left to do", async () => {
  const { second } = fleet;
  const { code, text } = await fleet.up(...(await deployOnly(fleet, second.alias)).slice(1));
  expect(code, text).toBe(0);
  expect(printed(await second.run("ls /etc/cron.d"))).toContain("database-backups");
  const nothing = await fleet.preview();
  expect(nothing.code, nothing.text).toBe(0);
});

test("after two ups of both servers one alone is deployed, as the script does it, and destroyed", async () => {
  const { first, second, stack } = fleet;
  for (let time = 0; time < 2; time += 1) {
    const { code, text } = await fleet.up("--skip-preview");
    expect(code, text).toBe(0);
  }
  const readiness = await readinessOf(stack);
  expect(readiness.map(({ key }) => key)).toEqual([first.alias, second.alias].sort());
  // A resource that depends on another server's would be part of every run for that server.
  for (const { key, dependencies } of readiness)
    expect(dependencies.filter((urn) => !urn.includes(`::${key}-`))).toEqual([]);

  const [command = "", ...argv] = await deployOnly(fleet, first.alias);
  printed(await first.run("rm /root/backup_quick_reference.txt"));
  const before = await traces(second);
  const chosen = { [chosenServersVariable]: first.alias };
  const deployed = await stack.pulumi([command, "--yes", ...argv], chosen);
  expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
  expect(printed(await first.run("cat /root/backup_quick_reference.txt"))).not.toBe("");

  const destroyed = await stack.pulumi(["destroy", "--yes", "--skip-preview", ...argv]);
  expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0);
  expect(printed(await first.run("ls /etc/cron.d"))).not.toContain("database-backups");
  expect(await traces(second)).toBe(before);
  const again = await fleet.up("--skip-preview");
  expect(again.code, again.text).toBe(0);
});

test("the variable that chooses servers, without a --target: nothing of the others is deleted", async () => {
  const { first, second, stack } = fleet;
  const look = async () => {
    const state = await stack.exportState();
    const resources = [first, second].map(({ alias }) => resourcesOf(state, alias));
    return [await traces(first), await traces(second), ...resources];
  };
  const before = await look();
  const argv = ["up", "--yes", "--skip-preview"];
  const { code, stdout, stderr } = await stack.pulumi(argv, { [chosenServersVariable]: first.alias });
  expect(code, stdout).not.toBe(0);
  expect(stdout + stderr).toContain(`${chosenServersVariable} limits this run to some servers`);
  expect(stdout + stderr).toContain(second.alias);
  expect(await look()).toEqual(before);
});

/** The dependencies of each Readiness in the state, in the order of the servers' keys. */
async function readinessOf(stack: Fleet["stack"]): Promise<{ key: string; dependencies: string[] }[]> {
  const { deployment }: { deployment: { resources: { urn: string; dependencies?: string[] }[] } } =
    JSON.parse(await stack.exportState());
  return deployment.resources
    .flatMap(({ urn, dependencies = [] }) => {
      const key = /::([^:]+)-readiness$/.exec(urn)?.[1];
      return key === undefined ? [] : [{ key, dependencies }];
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}
