import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackConfiguration } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";
import { driftReport } from "./drift-report.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { configurationOf, entryOf, environment, traces } from "./servers.ts";

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet([{}, {}]);
  const { code, text } = await fleet.up("--skip-preview");
  expect(code, text).toBe(0);
});

afterAll(() => fleet?.remove());

const owners = async () =>
  Promise.all(
    [fleet.first, fleet.second].map(async (server) =>
      printed(await server.run("cat /var/lib/remotehost/owner")).trim(),
    ),
  );

/** `pulumi up` of the stack `name` with this configuration. */
async function upOf(name: string, configuration: StackConfiguration) {
  const { stack } = fleet;
  stack.configure(configuration, name);
  const { code, stdout, stderr } = await stack.pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
  return { code, text: stdout + stderr };
}

test("a renamed stack is refused and told what to set; with formerStack it takes its servers over", async () => {
  const { first, second, stack } = fleet;
  const configuration = configurationOf(first, second);
  printed(await stack.pulumi(["stack", "rename", "renamed", "--stack", "sandbox"]));
  const before = [await traces(first), await traces(second)];
  const refused = await upOf("renamed", configuration);
  expect(refused.code, refused.text).toBe(1);
  expect(refused.text.replaceAll(/\s+/g, " ")).toContain("set formerStack: database-backups/sandbox");
  expect([await traces(first), await traces(second)]).toEqual(before);

  // Nothing is forgotten that the server records as another stack's.
  const destroyed = await stack.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "renamed"]);
  expect(destroyed.code, destroyed.stdout).not.toBe(0);
  expect(destroyed.stdout + destroyed.stderr).toContain("was not removed");
  expect([await traces(first), await traces(second)]).toEqual(before);

  // A stack that never owned them does not get them.
  const wrong = await upOf("renamed", { ...configuration, formerStack: "staging" });
  expect(wrong.code, wrong.text).toBe(1);
  expect(await owners()).toEqual(["database-backups/sandbox", "database-backups/sandbox"]);

  const taken = await upOf("renamed", { ...configuration, formerStack: "sandbox" });
  expect(taken.code, taken.text).toBe(0);
  expect(await owners()).toEqual(["database-backups/renamed", "database-backups/renamed"]);

  stack.configure(configuration, "renamed");
  const { code, report } = await driftReport(stack, ["--stack", "renamed"]);
  expect(code, JSON.stringify(report)).toBe(0);
  expect(report.servers.flatMap(({ pending, drift }) => [...pending, ...drift])).toEqual([]);
  // The former stack does not get them back by itself.
  const back = await upOf("renamed", configuration);
  expect(back.code, back.text).toBe(0);
});

test("a server whose resources were moved to another stack belongs to that one, and the others do not", async () => {
  const { first, second, stack } = fleet;
  printed(await stack.pulumi(["stack", "init", "other"]));
  const moved = await urnsOf("renamed", second.alias);
  const move = ["state", "move", "--yes", "--source", "renamed", "--dest", "other"];
  printed(await stack.pulumi([...move, ...moved]));
  const before = await traces(first);

  const left = await upOf("renamed", configurationOf(first));
  expect(left.code, left.text).toBe(0);
  const refused = await upOf("other", configurationOf(second));
  expect(refused.code, refused.text).toBe(1);
  const taken = await upOf("other", {
    ...environment,
    servers: { [second.alias]: entryOf(second, { formerStack: "database-backups/renamed" }) },
  });
  expect(taken.code, taken.text).toBe(0);
  expect(await owners()).toEqual(["database-backups/renamed", "database-backups/other"]);
  expect(await traces(first)).toBe(before);

  const destroyed = await stack.pulumi(["destroy", "--yes", "--skip-preview", "--stack", "other"]);
  expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0);
  expect(printed(await second.run("ls /etc/cron.d /var/lib"))).not.toMatch(/database-backups|remotehost/);
});

/** The URNs of a server's resources in the state. */
async function urnsOf(name: string, key: string): Promise<string[]> {
  const exported = printed(await fleet.stack.pulumi(["stack", "export", "--stack", name]));
  const { deployment }: { deployment: { resources: { urn: string }[] } } = JSON.parse(exported);
  return deployment.resources
    .map(({ urn }) => urn)
    .filter((urn) => urn.endsWith(`::${key}`) || urn.includes(`::${key}-`));
}
