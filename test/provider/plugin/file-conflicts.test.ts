import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import {
  connectionTo,
  createOrUpdate,
  drift,
  keptOf,
  type Resource,
  refresh,
  urnOf,
  withPlugin,
} from "./bench.ts";
import { type Plugin, startPlugin } from "./plugin.ts";
import { emptyTrial, greetingOn, path, urn } from "./trial-file.ts";

let server: SandboxServer;
let plugin: Plugin;
beforeAll(async () => {
  server = await startServer({ database: "none" });
});
afterAll(() => server?.remove());
beforeEach(async () => {
  await emptyTrial(server);
  plugin = await startPlugin();
  return () => plugin.end();
});

const greeting = (more = {}) => greetingOn(server, more);

async function made(more = {}): Promise<Resource> {
  return createOrUpdate(plugin, urn, greeting(more));
}

describe("on a machine that changes between the look and the update", () => {
  /** A run in which somebody changes the server after the look and before the update. */
  const afterTheLook = (change: string) =>
    withPlugin(async (later) => {
      const elsewhere = greeting({
        path: "/srv/trial/elsewhere",
        mode: "0600",
        owner: "root",
        group: "root",
      });
      await later.read(urnOf("File", "elsewhere"), "/srv/trial/elsewhere", elsewhere);
      await server.run(change);
      await createOrUpdate(later, urn, greeting());
      expect((await server.run(`stat -c '%a %F' ${path}; cat ${path}`)).stdout).toBe(
        "600 regular file\nhello\n",
      );
    });

  it.each([
    { title: "other bytes", change: `echo theirs > ${path}` },
    { title: "a link", change: `ln -s /etc/hostname ${path}` },
    { title: "a directory", change: `mkdir -p ${path}/theirs` },
  ])("a later change is kept: $title", async ({ change }) => {
    await afterTheLook(change);
    expect(await keptOf(server, path)).toHaveLength(1);
  });

  it("a file with the same bytes is not replaced", async () => {
    await afterTheLook(`printf 'hello\\n' > ${path}; chmod 644 ${path}`);
    expect(await keptOf(server, path)).toEqual([]);
  });
});

describe("the server's record of a file", () => {
  it("lost: seen, and written again without touching the file", async () => {
    const resource = await made();
    const before = (await server.run(`stat -c '%i %y' ${path}`)).stdout;
    await server.run("rm -r /var/lib/remotehost");
    const reading = await refresh(resource);
    expect(drift(resource, reading)).toEqual({ record: "missing" });
    const mended = await createOrUpdate(plugin, urn, greeting(), {
      ...resource,
      outputs: reading.properties,
    });
    expect(drift(mended, await refresh(mended))).toEqual({});
    expect((await server.run(`stat -c '%i %y' ${path}`)).stdout).toBe(before);
  });

  it("of another resource: seen", async () => {
    const resource = await made();
    const other = urnOf("File", "other");
    await createOrUpdate(plugin, other, greeting());
    expect(drift(resource, await refresh(resource))).toEqual({ record: `of ${other}` });
  });
});

describe("existing files", () => {
  it("are kept if they are foreign", async () => {
    await server.writeFile(path, "by hand\n");
    await made();
    const [kept, ...more] = await keptOf(server, path);
    expect(more).toEqual([]);
    expect(await server.readFile(kept ?? "")).toBe("by hand\n");
    expect((await server.run("stat -c %a /opt/database-backups/replaced")).stdout).toBe("700\n");
  });

  it("are kept below the declared installation, with those that an older version had kept", async () => {
    const old = "/opt/database-backups/replaced/20260101T000000Z+root+old";
    await server.writeFile(old, "old\n");
    await server.writeFile(path, "by hand\n");
    await withPlugin(async (declared) => {
      const connection = connectionTo(server);
      await declared.invoke("remotehost:index:declareServers", {
        servers: [connection],
        formerly: {},
        decommissioned: {},
        replaced: { [connection.key]: "/srv/own/replaced" },
      });
      await createOrUpdate(declared, urn, greeting());
    });
    const { stdout } = await server.run(
      "cd /srv/own/replaced; cat *+old *+greeting.txt; rm -r /srv/own; [ -e /opt/database-backups/replaced ] || echo gone",
    );
    expect(stdout).toBe("old\nby hand\ngone\n");
  });

  it("are named with the path of the copy, even if a later step fails", async () => {
    await server.writeFile(path, "by hand\n");
    await expect(made({ owner: "nobody-at-all" })).rejects.toThrow(
      /failed after what was there had been kept as \/opt\/database-backups\/replaced\/\S+greeting\.txt: chown: /,
    );
    expect(await server.readFile(path)).toBe("by hand\n");
  });

  it("are adopted unchanged if they are as desired", async () => {
    await server.writeFile(path, "hello\n", "0600");
    const before = (await server.run(`stat -c %i ${path}`)).stdout;
    await made();
    expect((await server.run(`stat -c %i ${path}`)).stdout).toBe(before);
    expect(await keptOf(server, path)).toEqual([]);
  });

  it("partial files of an interrupted write are removed, other files are kept", async () => {
    await server.run(
      "touch /srv/trial/.greeting.txt.abcdef~ /srv/trial/.greeting.txt.abcdefg~ /srv/trial/.other.abcdef~",
    );
    await made();
    const { stdout } = await server.run("ls -A /srv/trial | sort");
    expect(stdout.split("\n").sort()).toEqual([
      "",
      ".greeting.txt.abcdefg~",
      ".other.abcdef~",
      "greeting.txt",
    ]);
  });
});

describe("ownership", () => {
  it("two files that swap their paths both stay", async () => {
    const [urnA, urnB] = [urnOf("File", "a"), urnOf("File", "b")];
    const args = (name: string, content: string) => greeting({ path: `/srv/trial/${name}`, content });
    const a = await createOrUpdate(plugin, urnA, args("one", "a"));
    const b = await createOrUpdate(plugin, urnB, args("two", "b"));
    await withPlugin(async (later) => {
      expect((await later.diff(urnA, a.outputs, { ...a.inputs, path: "/srv/trial/two" })).replaces).toEqual([
        "path",
      ]);
      await createOrUpdate(later, urnA, args("two", "a"));
      await createOrUpdate(later, urnB, args("one", "b"));
      await later.delete(urnA, a.id, a.outputs);
      await later.delete(urnB, b.id, b.outputs);
    });
    expect((await server.run("cat /srv/trial/one; echo; cat /srv/trial/two")).stdout).toBe("b\na");
    expect(await keptOf(server, "one")).toEqual([]);
  });

  it("delete keeps a file that was edited by hand", async () => {
    const resource = await made();
    await server.run(`echo mine > ${path}`);
    await withPlugin((later) => later.delete(urn, resource.id, resource.outputs));
    expect(await server.readFile(path)).toBe("mine\n");
    expect((await server.run("ls /var/lib/remotehost")).code).not.toBe(0);
  });

  it("a resource that comes back while its older delete is pending stays", async () => {
    const resource = await made();
    await plugin.delete(urn, resource.id, resource.outputs);
    expect(await server.readFile(path)).toBe("hello\n");
  });

  it("another stack's machine is left alone", async () => {
    await made();
    const foreign = urnOf("File", "greeting", "other");
    await expect(createOrUpdate(plugin, foreign, greeting({ content: "theirs" }))).rejects.toThrow(
      /belongs to the stack bench\/test, and this is bench\/other/,
    );
    expect(await server.readFile(path)).toBe("hello\n");
  });

  it("the last delete removes the machine's owner", async () => {
    const resource = await made();
    await withPlugin((later) => later.delete(urn, resource.id, resource.outputs));
    expect((await server.run(`ls ${path} /var/lib/remotehost`)).stdout).toBe("");
    await createOrUpdate(plugin, urnOf("File", "greeting", "other"), greeting());
  });
});
