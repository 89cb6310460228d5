import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPrograms } from "../../scripts/build.ts";
import { programNames } from "../../scripts/contract/programs.ts";
import { bundleLimit } from "../bundle-limits.ts";
import { type Deployment, prepareDeployment } from "./deployment.ts";

const requests = "/var/log/requests";

/** Records every script that the server's end of a session runs, without an effect on the caller. */
const countingShell = `#!/bin/sh
case $1 in /run/remotehost-session.*/script) echo "$1" >> ${requests} ;; esac
exec /bin/sh "$@"
`;

let deployment: Deployment;

beforeAll(async () => {
  deployment = await prepareDeployment({});
  await deployment.server.writeFile("/usr/local/bin/sh", countingShell, "0755");
});

afterAll(() => deployment?.remove());

/** The number of logins at sshd and of framed requests during the work. */
async function costOf(work: () => Promise<unknown>): Promise<{ logins: number; requests: number }> {
  await deployment.onServer(`: > ${requests}`);
  const before = await deployment.server.logins();
  await work();
  const lines = await deployment.server.readFile(requests);
  return {
    logins: (await deployment.server.logins()) - before,
    requests: lines.split("\n").length - 1,
  };
}

/** The number of the server's resources in the stack's state. */
async function thingsInState(): Promise<number> {
  const state: { deployment: { resources: { type: string }[] } } = JSON.parse(
    await deployment.stack.exportState(),
  );
  return state.deployment.resources.filter(({ type }) => type.startsWith("remotehost:")).length;
}

test("a first up logs in twice, looks three times, and asks once for each thing that it puts there", async () => {
  const { logins, requests } = await costOf(() => deployment.up());
  expect(logins).toBe(2);
  const things = await thingsInState();
  expect(things).toBeGreaterThan(10);
  // One login each for the preview, the update and the end. A look has two requests.
  expect(requests).toBeLessThanOrEqual(3 * 2 + things);
});

test("an up that changes nothing logs in no more often", async () => {
  expect((await costOf(() => deployment.up("--expect-no-changes"))).logins).toBe(2);
});

test("a preview that finds no changes logs in once and asks at most three times", async () => {
  const cost = await costOf(async () => {
    const { code, text } = await deployment.preview();
    expect(code, text).toBe(0);
  });
  expect(cost.logins).toBe(1);
  expect(cost.requests).toBeGreaterThan(0);
  expect(cost.requests).toBeLessThanOrEqual(3);
});

test("each program for the server is a small bundle", async () => {
  const bundles = await buildPrograms();
  expect(bundles.map(({ name }) => name)).toEqual(programNames);
  for (const { name, bytes } of bundles) expect(bytes, name).toBeLessThan(bundleLimit(name));
});
