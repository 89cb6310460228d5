import { expect, test } from "vitest";
import { withoutServer } from "../../../infra/deployment/forgotten-server.ts";

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
