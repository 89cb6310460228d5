import { expect, it } from "vitest";
import { remoteHostProvider } from "../../../../infra/remotehost/provider/router.ts";

const urn = "urn:pulumi:s::p::remotehost:index:File::program";
const stateAt = (path: string) => ({
  // No ssh is ever given this host: whatever wants to reach the server fails at once.
  connection: { key: "a", host: "-" },
  ...{ path, mode: "0600", owner: "root", group: "root", content: "x" },
});

it("an older delete of what is declared again, left by a run that could not finish, touches nothing", async () => {
  const provider = remoteHostProvider("0.0.0", () => {});
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
  const provider = remoteHostProvider("0.0.0", () => {});
  const { connection } = stateAt("");
  const declaration = { servers: [connection], formerly: {}, decommissioned: {}, isPreview };
  const requirements = { commands: [], directories: [], databases: [], runtime: "pinned", mails: false };
  await provider.invoke?.("remotehost:index:declareServers", declaration);
  await provider.invoke?.("remotehost:index:getServer", { connection, requirements, stack: "p/s" });
  const checked = await provider.check?.(urn, stateAt("/srv/one"), stateAt("/srv/two"));
  expect(checked).toMatchObject({ inputs: { path } });
  const made = await provider.check?.(urn, {}, stateAt("/srv/two"));
  expect(made).toMatchObject({ inputs: { path: "/srv/two" } });
});
