import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { createOrUpdate, drift, keptOf, type Resource, refresh, withPlugin } from "./bench.ts";
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

const large = new URL("../../../node_modules/typescript/lib/typescript.js", import.meta.url).pathname;
const greeting = (more = {}) => greetingOn(server, more);

async function made(more = {}): Promise<Resource> {
  return createOrUpdate(plugin, urn, greeting(more));
}

describe("a file's life", () => {
  it("is written with its permissions and reads back without drift", async () => {
    const resource = await made();
    expect((await server.run(`stat -c '%a %U:%G' ${path}; cat ${path}`)).stdout).toBe(
      "600 root:root\nhello\n",
    );
    expect(drift(resource, await refresh(resource))).toEqual({});
    expect(await keptOf(server, path)).toEqual([]);
  });

  it("is changed in place", async () => {
    const resource = await made();
    await createOrUpdate(plugin, urn, greeting({ content: "good evening\n", mode: "0640" }), resource);
    expect((await server.run(`stat -c %a ${path}; cat ${path}`)).stdout).toBe("640\ngood evening\n");
    expect(await keptOf(server, path)).toEqual([]);
  });

  it("creates missing directories readable, and is deleted without them", async () => {
    const resource = await createOrUpdate(plugin, urn, greeting({ path: "/srv/trial/a/b/c" }));
    expect((await server.run("stat -c %a /srv/trial/a/b")).stdout).toBe("755\n");
    await withPlugin((later) => later.delete(urn, resource.id, resource.outputs));
    expect((await server.run("find /srv/trial | sort")).stdout).toBe(
      "/srv/trial\n/srv/trial/a\n/srv/trial/a/b\n",
    );
  });
});

describe("tampering", () => {
  const cases: { title: string; tamper: string; seen: Record<string, unknown>; keeps: number }[] = [
    { title: "content", tamper: `echo bye > ${path}`, seen: { content: "bye\n" }, keeps: 1 },
    { title: "mode", tamper: `chmod 644 ${path}`, seen: { mode: "0644" }, keeps: 0 },
    { title: "owner", tamper: `chown nobody ${path}`, seen: { owner: "nobody" }, keeps: 0 },
    { title: "group", tamper: `chgrp games ${path}`, seen: { group: "games" }, keeps: 0 },
    {
      title: "a link in its place",
      tamper: `echo other > /srv/trial/x; ln -sf /srv/trial/x ${path}`,
      seen: { obstacle: "a symbolic link to /srv/trial/x" },
      keeps: 1,
    },
    {
      title: "a directory in its place",
      tamper: `rm ${path}; mkdir ${path}; touch ${path}/inside`,
      seen: { obstacle: "a directory" },
      keeps: 1,
    },
    {
      title: "a fifo in its place",
      tamper: `rm ${path}; mkfifo ${path}`,
      seen: { obstacle: "a fifo" },
      keeps: 1,
    },
    {
      title: "bytes that are no text",
      tamper: `printf '\\377\\000' > ${path}`,
      seen: { content: expect.stringMatching(/^\(2 bytes that cannot be shown here, sha256 /) },
      keeps: 1,
    },
    {
      title: "more than can be shown",
      tamper: `head -c 300000 /dev/zero > ${path}`,
      seen: { content: expect.stringMatching(/^\(300000 bytes that cannot be shown here, sha256 /) },
      keeps: 1,
    },
  ];
  it.each(cases)(
    "$title: found, repaired, and kept if content would be lost",
    async ({ tamper, seen, keeps }) => {
      const resource = await made();
      await server.run(tamper);
      const reading = await refresh(resource);
      expect(drift(resource, reading)).toEqual(seen);
      const mended = await createOrUpdate(plugin, urn, greeting(), {
        ...resource,
        outputs: reading.properties,
      });
      expect(drift(mended, await refresh(mended))).toEqual({});
      expect(await keptOf(server, path)).toHaveLength(keeps);
      expect((await server.run(`cat ${path}`)).stdout).toBe("hello\n");
    },
  );

  it("deleted: found missing, created again", async () => {
    const resource = await made();
    await server.run(`rm ${path}`);
    expect((await refresh(resource)).id).toBe("");
    await made();
    expect(await server.readFile(path)).toBe("hello\n");
  });
});

describe("bytes that must not get into the state", () => {
  it("sensitive content is in no answer, and drift shows by its sha256", async () => {
    const secret = "correct horse battery staple";
    const resource = await made({ content: secret, sensitive: true });
    expect(await server.readFile(path)).toBe(secret);
    expect(resource.inputs).not.toHaveProperty("content");
    await server.run(`echo tampered-content > ${path}`);
    const reading = await plugin.read(urn, resource.id, resource.outputs);
    expect(Object.keys(drift(resource, reading))).toEqual(["sha256"]);
    expect(plugin.answers() + plugin.stderr()).not.toMatch(/correct horse|tampered-content/);
  });

  it("secret content is sensitive by default", async () => {
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: "s3cret",
    };
    const resource = await made({ content: secret });
    expect(resource.inputs).toMatchObject({ sensitive: true });
    expect(plugin.answers()).not.toContain("s3cret");
    expect(await server.readFile(path)).toBe("s3cret");
  });

  it("a source is sent, and only its sha256 is known", async () => {
    const resource = await made({ content: undefined, source: large, mode: "0755" });
    expect(resource.inputs).not.toHaveProperty("source");
    expect((await server.run(`sha256sum < ${path}`)).stdout).toContain(resource.outputs.sha256);
    expect(drift(resource, await refresh(resource))).toEqual({});
  });
});
