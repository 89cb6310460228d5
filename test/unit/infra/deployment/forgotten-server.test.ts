import { expect, test } from "vitest";
import { forgetServer, withoutServer } from "../../../../infra/deployment/forgotten-server.ts";

const urn = (name: string) => `urn:pulumi:prod::database-backups::remotehost:index:File::${name}`;
const names = (resources: readonly { urn: string }[]) => resources.map((one) => one.urn.split("::").at(-1));

test("a server's resources go, and nothing else depends on them any more", () => {
  const left = withoutServer(
    [
      { urn: urn("web") },
      { urn: urn("web-settings") },
      { urn: urn("web-2") },
      { urn: urn("web-2-settings"), dependencies: [urn("web-2"), urn("web-settings")] },
      {
        urn: urn("books-readiness"),
        dependencies: [urn("web"), urn("books")],
        propertyDependencies: { connection: [urn("web-settings"), urn("web-2-settings")] },
      },
    ],
    "web",
    ["web-2", "books"],
  );
  expect(names(left)).toEqual(["web-2", "web-2-settings", "books-readiness"]);
  expect(left[1]?.dependencies).toEqual([urn("web-2")]);
  expect(left[2]).toEqual({
    urn: urn("books-readiness"),
    dependencies: [urn("books")],
    propertyDependencies: { connection: [urn("web-2-settings")] },
  });
});

test("a server that is not there changes nothing", () => {
  const resources = [{ urn: urn("books"), dependencies: [urn("stack")] }];
  expect(withoutServer(resources, "web", ["books"])).toEqual(resources);
});

/** A state in memory. Another run adds a server after the first export. */
function changingStore(names: string[], added: string[]) {
  let state = { version: 3, deployment: { resources: names.map((name) => ({ urn: urn(name) })) } };
  let exports = 0;
  const store = {
    async exportStack() {
      const exported = structuredClone(state);
      exports += 1;
      if (exports === 1) state.deployment.resources.push(...added.map((name) => ({ urn: urn(name) })));
      return exported;
    },
    async importStack(imported: typeof state) {
      state = imported;
    },
  };
  const left = () => ({ version: state.version, names: state.deployment.resources.map(({ urn }) => urn) });
  return { store, left };
}

test("what another run writes between the export and the import is not lost", async () => {
  const { store, left } = changingStore(["web", "web-settings", "books"], ["new", "web-readiness"]);
  expect(await forgetServer(store, "web", ["books", "new"])).toBe(3);
  expect(left()).toMatchObject({ version: 3, names: [urn("books"), urn("new")] });
});

test("without resources of the server nothing is written", async () => {
  const { store, left } = changingStore(["books"], []);
  store.importStack = () => Promise.reject(new Error("written"));
  expect(await forgetServer(store, "web", ["books"])).toBe(0);
  expect(left().names).toEqual([urn("books")]);
});
