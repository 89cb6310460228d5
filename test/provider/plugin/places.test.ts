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

let server: SandboxServer;
let plugin: Plugin;
beforeAll(async () => {
  server = await startServer({ database: "none", login: "sudo" });
});
afterAll(() => server?.remove());
beforeEach(async () => {
  await server.run(
    "rm -rf /srv/* /opt/database-backups /var/lib/remotehost /etc/cron.d/trial /etc/cron.d/moved; crontab -u root -r 2>/dev/null",
  );
  plugin = await startPlugin();
  return () => plugin.end();
});

describe("a directory", () => {
  const path = "/srv/trial/a 'b' $(id)";
  const urn = urnOf("Directory", "directory");
  const made = () => createOrUpdate(plugin, urn, { connection: connectionTo(server), path });
  const quoted = `"/srv/trial/a 'b' \\$(id)"`;

  it("is made, for root alone", async () => {
    const resource = await made();
    expect((await server.run(`stat -c '%a %U:%G %F' ${quoted}`)).stdout).toBe("700 root:root directory\n");
    expect(drift(resource, await refresh(resource))).toEqual({});
  });

  it.each([
    ["mode", `chmod 2755 ${quoted}`, { mode: "2755" }],
    ["owner", `chown games ${quoted}`, { owner: "games" }],
    ["its record lost", "rm -r /var/lib/remotehost", { record: "missing" }],
    ["a file in its place", `rmdir ${quoted}; echo x > ${quoted}`, { obstacle: "a regular file" }],
  ])("%s: seen and mended", async (_, tamper, seen) => {
    const resource = await made();
    await server.run(tamper);
    const reading = await refresh(resource);
    expect(drift(resource, reading)).toEqual(seen);
    const mended = await createOrUpdate(plugin, urn, { connection: connectionTo(server), path }, resource);
    expect(drift(mended, await refresh(mended))).toEqual({});
  });

  describe("that keeps others closed", () => {
    const [open, linked, sticky, group] = [
      "/srv/way/open",
      "/srv/way/link",
      "/srv/way/sticky",
      "/srv/way/group",
    ];
    const below = `${open}/trial`;
    const args = () => ({
      connection: connectionTo(server),
      path: below,
      keepsClosed: ["/srv/way", open, linked, sticky, group, "/srv/none"],
    });
    const modes = async () =>
      (await server.run("stat -c %a /srv/way /srv/way/* /srv/data")).stdout.split("\n");
    const opened =
      "mkdir -p /srv/way/sticky /srv/way/group /srv/way/open /srv/data; ln -s /srv/data /srv/way/link; touch /srv/way/open/file; " +
      "chmod 1777 /srv/way/sticky; chmod 0775 /srv/way/group; chmod 0757 /srv/way; chmod 2777 /srv/way/open /srv/data; chmod 0666 /srv/way/open/file";
    const closed = ["755", "775", "777", "2775", "1777", "2777", ""];

    it("removes only the write permission of others", async () => {
      await server.run(opened);
      const resource = await createOrUpdate(plugin, urn, args());
      expect(await modes()).toEqual(closed);
      expect((await server.run(`stat -c %a ${open}/file`)).stdout).toBe("666\n");
      expect(drift(resource, await refresh(resource))).toEqual({});
    });

    it("finds one that was made writable, closes it again, and leaves it closed on delete", async () => {
      await server.run("mkdir -p /srv/data");
      const resource = await createOrUpdate(plugin, urn, args());
      await server.run(opened);
      const seen = drift(resource, await refresh(resource));
      expect(seen).toEqual({ openDirectories: ["/srv/way (mode 0757)", `${open} (mode 2777)`] });
      const mended = await createOrUpdate(plugin, urn, args(), resource);
      expect(await modes()).toEqual(closed);
      expect(drift(mended, await refresh(mended))).toEqual({});
      await withPlugin((later) => later.delete(urn, mended.id, mended.outputs));
      expect(await modes()).toEqual(closed);
    });
  });

  it.each([
    ["a directory", "mkdir /srv/disk; touch /srv/disk/backup"],
    ["nothing, because its disk is not mounted", "true"],
  ])(
    "that was moved, with a link left in its place to %s, is not hidden by an empty one",
    async (_, before) => {
      const resource = await made();
      await server.run(`${before}; rmdir ${quoted}; ln -s /srv/disk ${quoted}`);
      expect(drift(resource, await refresh(resource))).toEqual({ obstacle: "a symbolic link to /srv/disk" });
      await expect(
        createOrUpdate(plugin, urn, { connection: connectionTo(server), path }, resource),
      ).rejects.toThrow(/a symbolic link to \/srv\/disk.*set the path that it leads to .*\[DBK-CHANGE-2\]/);
      expect((await server.run(`readlink ${quoted}`)).stdout).toBe("/srv/disk\n");
    },
  );

  it("is not created in place of a foreign link", async () => {
    await server.run(`mkdir /srv/trial /srv/data; ln -s /srv/data ${quoted}`);
    await expect(made()).rejects.toThrow(
      /a symbolic link to \/srv\/data, which this deployment did not make/,
    );
    expect((await server.run(`readlink ${quoted}`)).stdout).toBe("/srv/data\n");
  });

  it.each([
    ["goes when it is empty", "true", ""],
    ["stays when it is not", `touch ${quoted}/backup`, "backup\n"],
  ])("%s", async (_, before, left) => {
    const resource = await made();
    await server.run(before);
    await withPlugin((later) => later.delete(urn, resource.id, resource.outputs));
    expect((await server.run(`ls ${quoted}`)).stdout).toBe(left);
  });
});

describe("a cron table", () => {
  const path = "/etc/cron.d/trial";
  const urn = urnOf("CronTable", "cron");
  const command = "/root/backup_database.sh";
  const entry = { schedule: "0 2 * * *", user: "root", command: `${command} $(date +%F) 'x'` };
  const args = (more = {}) => ({
    ...{ connection: connectionTo(server), path, environment: { MAILTO: "" } },
    ...{ entries: [entry], takesOver: [command] },
    ...more,
  });
  const made = (): Promise<Resource> => createOrUpdate(plugin, urn, args());

  it("is written as cron reads it", async () => {
    const resource = await made();
    const [comment, ...rest] = (await server.readFile(path)).split("\n");
    expect(comment).toMatch(/^# /);
    expect(rest).toEqual(['MAILTO=""', `0 2 * * * root ${command} $(date +\\%F) 'x'`, ""]);
    expect((await server.run(`stat -c '%a %U' ${path}`)).stdout).toBe("600 root\n");
    expect(drift(resource, await refresh(resource))).toEqual({});
  });

  it.each([
    ["an edited entry", `sed -i 's/^0 2/5 3/' ${path}`, { entries: [{ ...entry, schedule: "5 3 * * *" }] }],
    ["a comment of somebody's", `echo '# hi' >> ${path}`, { table: expect.stringContaining("# hi") }],
    ["mode", `chmod 644 ${path}`, { mode: "0644" }],
    ["a second name, for which cron ignores it", `ln -f ${path} /root/x`, { links: 2 }],
    ["its record lost", "rm -r /var/lib/remotehost", { record: "missing" }],
    [
      "a hand-installed line",
      `echo '0 1 * * * ${command}' | crontab -u root -`,
      { foreignEntries: [`0 1 * * * ${command}`] },
    ],
  ])("%s: seen and mended", async (_, tamper, seen) => {
    const resource = await made();
    await server.run(tamper);
    const reading = await refresh(resource);
    expect(drift(resource, reading)).toEqual(seen);
    const mended = await createOrUpdate(plugin, urn, args(), { ...resource, outputs: reading.properties });
    expect(drift(mended, await refresh(mended))).toEqual({});
  });

  it("removed: read as gone", async () => {
    const resource = await made();
    await server.run(`rm ${path}`);
    expect((await refresh(resource)).id).toBe("");
  });

  it("takes lines over from root's own crontab and keeps the crontab", async () => {
    const before = `# nightly\n0 2 * * * ${command} >> /root/x.log 2>&1\n5 * * * * /bin/true 100%\n`;
    await server.run("crontab -u root -", { input: before });
    await made();
    expect((await server.run("crontab -u root -l")).stdout).toBe("# nightly\n5 * * * * /bin/true 100%\n");
    const [kept] = await keptOf(server, "crontab-of-root");
    expect(await server.readFile(kept ?? "")).toBe(before);
  });

  it.each([
    ["a mode", `chmod 666 ${path}`],
    ["a second name", `ln -f ${path} /root/x`],
  ])("with %s for which cron ignores it is mended in a way that cron notices", async (_, tamper) => {
    const resource = await made();
    await server.run(tamper);
    const version = "stat -c %Y.%i /etc/cron.d /etc/cron.d/trial; sleep 1";
    const before = (await server.run(version)).stdout.split("\n");
    await createOrUpdate(plugin, urn, args(), resource);
    const after = (await server.run(version)).stdout.split("\n");
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect((await server.run(`stat -c '%a %h' ${path}`)).stdout).toBe("600 1\n");
  });

  it("leaves every other byte of root's crontab as it was", async () => {
    const others = [
      Buffer.from("# caf\xe9 100%\r\n5 * * * * /bin/true\r\n", "latin1"),
      Buffer.from("# \x01ü\n"),
    ];
    const line = Buffer.from(`0 2 * * * ${command} >> /root/x.log\r\n`);
    const before = Buffer.concat([others[0] ?? line, line, others[1] ?? line]);
    await server.run("crontab -u root -", { input: before });
    await made();
    const { stdout } = await server.run("tail -n +4 /var/spool/cron/crontabs/root | base64 -w0");
    expect(Buffer.from(stdout, "base64")).toEqual(Buffer.concat(others));
    const [kept] = await keptOf(server, "crontab-of-root");
    const { stdout: bytes } = await server.run(`base64 -w0 ${kept}`);
    expect(Buffer.from(bytes, "base64")).toEqual(before);
  });

  it.each([
    ["goes while it is ours", "true", "moved\n"],
    ["stays when somebody edited it", `echo '# hi' >> ${path}`, "moved\ntrial\n"],
  ])("another path is an update, by which the old table %s", async (_, before, left) => {
    const resource = await made();
    const elsewhere = { path: "/etc/cron.d/moved" };
    const { replaces } = await plugin.diff(urn, resource.outputs, { ...resource.inputs, ...elsewhere });
    expect(replaces).toEqual([]);
    await server.run(before);
    const moved = await createOrUpdate(plugin, urn, args(elsewhere), resource);
    expect((await server.run("cd /etc/cron.d && ls moved trial 2>/dev/null")).stdout).toBe(left);
    const reading = await refresh(moved);
    expect([reading.id, drift(moved, reading)]).toEqual(["/etc/cron.d/moved", {}]);
  });

  it("the removal of an entry is an update, and the table itself can be deleted", async () => {
    const resource = await made();
    const fewer = await createOrUpdate(plugin, urn, args({ entries: [] }), resource);
    expect((await server.readFile(path)).split("\n").filter((line) => line.includes(command))).toEqual([]);
    await withPlugin((later) => later.delete(urn, fewer.id, fewer.outputs));
    expect((await server.run(`ls ${path}`)).code).not.toBe(0);
  });
});
