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
