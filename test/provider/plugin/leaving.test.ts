import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../infra/remotehost/connection.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo, createOrUpdate, type Resource, urnOf, withPlugin } from "./bench.ts";
import { type Plugin, startPlugin } from "./plugin.ts";

const declareServers = "remotehost:index:declareServers";

let server: SandboxServer;
let plugin: Plugin;
beforeAll(async () => {
  server = await startServer({ database: "none" });
});
afterAll(() => server?.remove());
beforeEach(async () => {
  await server.run("rm -rf /srv/trial /opt/database-backups /var/lib/remotehost; mkdir /srv/trial");
  plugin = await startPlugin();
  return () => plugin.end();
});

const declaration = (servers: Connection[], more = {}) => ({
  ...{ servers, formerly: {}, decommissioned: {} },
  ...more,
});

function file(name: string, connection: Connection): Promise<Resource> {
  return createOrUpdate(plugin, urnOf("File", name), {
    connection,
    path: `/srv/trial/${name}`,
    content: "hello",
  });
}

const nowhere: Connection = { key: "nowhere", host: "127.0.0.1", port: 1, connectTimeout: 2 };

describe("a server that leaves the configuration", () => {
  const connection = () => connectionTo(server, "leaving");
  const leave = async (decommissioned: Record<string, string>, formerly = {}) => {
    const resource = await file("one", connection());
    return withPlugin(async (later) => {
      await later.read(resource.urn, resource.id, resource.outputs);
      const servers = [{ ...nowhere, key: "staying" }];
      const { orphans } = await later.invoke(
        declareServers,
        declaration(servers, { decommissioned, formerly }),
      );
      const error = await later
        .delete(resource.urn, resource.id, resource.outputs)
        .catch((reason: Error) => reason.message);
      return { orphans, error, left: (await server.run("ls /srv/trial")).stdout.trim() };
    });
  };

  it("is not deleted by mistake", async () => {
    const outcome = await leave({});
    expect(outcome).toMatchObject({ orphans: ["leaving"], left: "one" });
    expect(outcome.error).toContain('"leaving: remove"');
  });
  it("`remove` takes our files away", async () => {
    expect(await leave({ leaving: "remove" })).toEqual({ orphans: [], error: undefined, left: "" });
  });
  it("`forget` touches nothing", async () => {
    expect(await leave({ leaving: "forget" })).toEqual({ orphans: [], error: undefined, left: "one" });
  });
  it("a new name is no leaving", async () => {
    expect(await leave({}, { staying: "leaving" })).toMatchObject({ orphans: [], left: "" });
  });

  it("`forget` of an unreachable server", async () => {
    const urn = urnOf("File", "one");
    const outputs = {
      connection: nowhere,
      path: "/srv/trial/one",
      mode: "0600",
      owner: "root",
      group: "root",
      content: "x",
    };
    await plugin.invoke(declareServers, declaration([], { decommissioned: { nowhere: "forget" } }));
    await plugin.delete(urn, "/srv/trial/one", outputs);
  });
});

it("resources that a machine's new key has taken over are not deleted with the old one", async () => {
  const old = await file("one", connectionTo(server, "old"));
  await withPlugin(async (later) => {
    await later.read(old.urn, old.id, old.outputs);
    await later.invoke(
      declareServers,
      declaration([connectionTo(server, "new")], { decommissioned: { old: "remove" } }),
    );
    const request = { connection: connectionTo(server, "new"), path: "/srv/trial/one", content: "hello" };
    await createOrUpdate(later, urnOf("File", "new-one"), request);
    await later.delete(old.urn, old.id, old.outputs);
  });
  expect((await server.run("cat /srv/trial/one; cat /var/lib/remotehost/records/*")).stdout).toMatch(
    /^hello.*::new-one$/m,
  );
});

it("a new name and address change the record and nothing else", async () => {
  const before = await file("one", connectionTo(server, "old"));
  const written = (await server.run("stat -c '%i %y' /srv/trial/one")).stdout;
  const connection = { ...connectionTo(server, "new"), connectTimeout: 9 };
  const urn = urnOf("File", "renamed");
  const args = { connection, path: "/srv/trial/one", content: "hello" };
  expect(await plugin.diff(urn, before.outputs, { ...before.inputs, connection })).toEqual({
    changes: 0,
    replaces: [],
  });
  const after = await createOrUpdate(plugin, urn, args, before);
  expect((await server.run("stat -c '%i %y' /srv/trial/one")).stdout).toBe(written);
  await withPlugin((later) => later.delete(urn, after.id, after.outputs));
  expect((await server.run("ls /srv/trial")).stdout).toBe("");
});

it("a plugin that is ended in the middle of an upload leaves nothing at the path, and the next one converges", async () => {
  const source = new URL("../../../node_modules/node/bin/node", import.meta.url).pathname;
  const connection = connectionTo(server);
  const urn = urnOf("File", "large");
  const args = { connection, path: "/srv/trial/large", source };
  await file("one", connection);
  const upload = createOrUpdate(plugin, urn, args).catch(() => {});
  const incoming =
    "ls -A /srv/trial | grep -c large; find /run /tmp /var/tmp -size +1000k 2>/dev/null | wc -l";
  while ((await server.run(incoming)).stdout === "0\n0\n");
  await plugin.end();
  await upload;
  expect((await server.run("ls /srv/trial")).stdout).toBe("one\n");
  plugin = await startPlugin();
  const { outputs } = await createOrUpdate(plugin, urn, args);
  expect((await server.run("sha256sum < /srv/trial/large; ls -A /srv/trial")).stdout).toBe(
    `${outputs.sha256}  -\nlarge\none\n`,
  );
});

it("cancel ends the sessions, and a later call begins a new one", async () => {
  await file("one", connectionTo(server));
  await plugin.cancel();
  await file("two", connectionTo(server));
  expect((await server.run("ls /srv/trial")).stdout).toBe("one\ntwo\n");
});

it("unknown kinds are refused by name", async () => {
  const urn = urnOf("File", "x").replace("index:File", "index:Disk");
  await expect(plugin.create(urn, {})).rejects.toThrow("no resource type remotehost:index:Disk");
  await expect(plugin.invoke("remotehost:index:getDisk", {})).rejects.toThrow(
    "no function remotehost:index:getDisk",
  );
  await expect(plugin.read(urnOf("File", "x"), "/x", {})).rejects.toThrow("x cannot be imported");
});
