import { expect, it } from "vitest";
import { remoteHostProvider } from "../../../../../infra/remotehost/provider/router.ts";
import { toySetup } from "./toy-examiner.ts";

const urn = "urn:pulumi:s::p::remotehost:index:File::program";
const stateAt = (path: string) => ({
  // ssh cannot reach this host, so every attempt to use the server fails at once.
  connection: { key: "a", host: "-" },
  ...{ path, mode: "0600", owner: "root", group: "root", content: "x" },
});

it("an older delete of what is declared again, left by a run that could not finish, touches nothing", async () => {
  const provider = remoteHostProvider("0.0.0", () => {}, toySetup);
  await provider.check?.(urn, stateAt("/srv/one"), stateAt("/srv/one"));
  await provider.delete?.("/srv/one", urn, stateAt("/srv/one"));
  await expect(provider.delete?.("/srv/two", urn, stateAt("/srv/two"))).rejects.toThrow(
    /connection's host[\s\S]*"a: forget" under decommissioned/,
  );
});

it.each([
  { isPreview: false, path: "/srv/one", what: "as deployed: the engine would take others for deployed" },
  { isPreview: true, path: "/srv/two", what: "as wanted in a preview, which writes no state" },
])("the inputs of a server that is held are $what", async ({ isPreview, path }) => {
  const provider = remoteHostProvider("0.0.0", () => {}, toySetup);
  const { connection } = stateAt("");
  const declaration = { servers: [connection], formerly: {}, decommissioned: {}, isPreview };
  const requirements = { word: "well" };
  await provider.invoke?.("remotehost:index:declareServers", declaration);
  await provider.invoke?.("remotehost:index:getServer", { connection, requirements, stack: "p/s" });
  const checked = await provider.check?.(urn, stateAt("/srv/one"), stateAt("/srv/two"));
  expect(checked).toMatchObject({ inputs: { path } });
  const made = await provider.check?.(urn, {}, stateAt("/srv/two"));
  expect(made).toMatchObject({ inputs: { path: "/srv/two" } });
});

const readinessUrn = "urn:pulumi:s::p::remotehost:index:Readiness::a-readiness";
const readinessInputs = {
  connection: { key: "a", host: "-" },
  requirements: { word: "well" },
  problems: [],
};

it("a server that is not ready at its first deployment is put into the state, where a refresh finds it", async () => {
  const provider = remoteHostProvider("0.0.0", () => {}, toySetup);
  const failure: unknown = await provider.create?.(readinessUrn, readinessInputs).catch((error) => error);
  expect(failure).toMatchObject({
    message: expect.stringMatching(/^the server a is not ready, [\s\S]*connection's host/),
    ...{ id: "readiness", properties: { connection: readinessInputs.connection, neverReady: true } },
  });
  const { properties } = failure as { properties: typeof readinessInputs };
  expect(properties.problems).toHaveLength(1);

  const { props, inputs } = (await provider.read?.("readiness", readinessUrn, properties)) ?? {};
  expect(props).toMatchObject({ problems: properties.problems, neverReady: true });
  // A refresh must see a difference even if the problem is unchanged.
  expect(inputs).toMatchObject({ problems: properties.problems, lookedAt: expect.any(String) });
  expect(inputs).not.toHaveProperty("neverReady");

  // It stands for no resource on the server: nothing was deployed, so nothing needs to be decommissioned.
  const { connection, requirements } = readinessInputs;
  const declaration = { servers: [], formerly: {}, decommissioned: {} };
  const declared = await provider.invoke?.("remotehost:index:declareServers", declaration);
  expect(declared?.outputs).toEqual({ orphans: [] });
  await provider.delete?.("readiness", readinessUrn, props);
  const question = { connection, requirements, stack: "p/s" };
  const facts = await provider.invoke?.("remotehost:index:getServer", question);
  expect(facts?.outputs).toMatchObject({ deployed: false });
});

it("a Readiness that was never ready is examined again once the server is deployed, after any refresh", async () => {
  const provider = remoteHostProvider("0.0.0", () => {}, toySetup);
  const olds = { ...readinessInputs, neverReady: true };
  expect(await provider.diff?.("readiness", readinessUrn, olds, readinessInputs)).toEqual({ changes: true });
});
