import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../infra/remotehost/connection.ts";
import { inspectionScript } from "../../../infra/requirements/inspection.ts";
import type { Requirements } from "../../../infra/requirements/requirements.ts";
import { ownNotes } from "../../e2e/servers.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { startServer } from "../../sandbox/server.ts";
import { connectionTo, createOrUpdate, drift, type Resource, refresh, urnOf, withPlugin } from "./bench.ts";
import { listenToSsh } from "./ear.ts";
import { type Plugin, type Properties, startPlugin } from "./plugin.ts";

const getServer = "remotehost:index:getServer";
const declareServers = "remotehost:index:declareServers";
const stack = "bench/test";

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

let server: SandboxServer;
let other: SandboxServer;
let plugin: Plugin;
beforeAll(async () => {
  [server, other] = await Promise.all([
    startServer({ database: "empty" }),
    startServer({ database: "none" }),
  ]);
});
afterAll(() => Promise.all([server.remove(), other.remove()]));
beforeEach(async () => {
  const clean = "rm -rf /srv/trial /opt/database-backups /var/lib/remotehost; mkdir /srv/trial";
  await Promise.all([server.run(clean), other.run(clean)]);
  plugin = await startPlugin();
  return () => plugin.end();
});

const requirementsOf = (database: SandboxServer): Requirements => ({
  commands: ["flock", "crontab", "docker", "logrotate"],
  directories: [{ path: "/srv/trial/not/there/yet", minimumFree: 1000 }],
  databases: [
    {
      ...{
        name: "app",
        container: database.container,
        database: database.database,
        user: database.databaseUser,
      },
      ...{ dataDirectory: database.dataDirectory, backups: "/srv/trial" },
    },
  ],
  runtime: "pinned",
  mails: false,
});

function question(connection: Connection, more: Partial<Requirements> = {}): Properties {
  return { connection, requirements: { ...requirementsOf(server), ...more }, stack };
}

const declaration = (servers: Connection[], more = {}): Properties => ({
  ...{ servers, formerly: {}, decommissioned: {} },
  ...more,
});

function file(name: string, connection: Connection, content = "hello"): Promise<Resource> {
  return createOrUpdate(plugin, urnOf("File", name), { connection, path: `/srv/trial/${name}`, content });
}

function readinessOf(connection: Connection, more: Partial<Requirements> = {}): Promise<Resource> {
  const requirements = { ...requirementsOf(server), ...more };
  return createOrUpdate(plugin, urnOf("Readiness", "readiness"), { connection, requirements });
}

const nowhere: Connection = { key: "nowhere", host: "127.0.0.1", port: 1, connectTimeout: 2 };

describe("the cost of a look", () => {
  it("a preview without changes is one login and two requests", async () => {
    const connection = connectionTo(server);
    const files = await Promise.all(
      Array.from({ length: 20 }, (_, index) => file(`file-${index}`, connection)),
    );
    const readiness = await readinessOf(connection);
    const before = await server.logins();
    const ear = await listenToSsh();
    const counting = await startPlugin({ PATH: `${ear.directory}:${process.env.PATH}` });
    const queue = [...files, readiness];
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        expect(drift(next, await counting.read(next.urn, next.id, next.outputs))).toEqual({});
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await counting.invoke(declareServers, declaration([connection]));
    await counting.invoke(getServer, question(connection));
    expect((await server.logins()) - before).toBe(1);
    expect(await ear.requests()).toBe(2);
    await counting.end();
  });
});

describe("getServer", () => {
  it("tells the facts of a fit server", async () => {
    const facts = await plugin.invoke(getServer, question(connectionTo(server)));
    expect(facts).toMatchObject({
      ...{ key: server.alias, reachable: true, deployed: null, problems: [], waiting: [] },
      ...{ architecture: "x64", operatingSystem: expect.stringContaining("Debian"), systemNode: null },
      machineId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(ownNotes(textsOf(facts.notes))).toEqual([]);
  });

  it("tells every problem of an unfit one", async () => {
    const { problems } = await plugin.invoke(
      getServer,
      question(connectionTo(server), {
        commands: ["flock", "no-such-command"],
        directories: [{ path: "/srv/trial", minimumFree: 1e18 }],
        databases: requirementsOf(server).databases.map((one) => ({
          ...one,
          user: "nobody",
          dataDirectory: "/srv/pg",
        })),
        runtime: "system",
        log: "/sys/backup_database.log",
      }),
    );
    expect(problems).toEqual([
      expect.stringContaining("commands are missing: no-such-command"),
      expect.stringContaining("no node on its PATH"),
      expect.stringContaining("not in /srv/pg"),
      expect.stringContaining('role "nobody" does not exist'),
      expect.stringMatching(/\/srv\/trial: \d+ MB free/),
      expect.stringContaining("cannot write the log /sys/backup_database.log: /sys may not be written to"),
    ]);
  });

  it("PostgreSQL's warnings on every connection are ignored, and passwords stay on the server", async () => {
    const made = "UPDATE pg_database SET datcollversion = '2.31' WHERE datname = current_database()";
    await server.psql(`${made}; ALTER ROLE ${server.databaseUser} SET client_min_messages = 'debug5'`);
    try {
      await withPlugin(async (fresh) => {
        const facts = await fresh.invoke(getServer, question(connectionTo(server)));
        expect(facts).toMatchObject({ problems: [], waiting: [] });
        expect(ownNotes(textsOf(facts.notes))).toEqual([
          expect.stringMatching(
            /version 2\.31 of its collation.*REINDEX DATABASE "\w+"; then ALTER DATABASE/,
          ),
        ]);
      });
    } finally {
      await server.psql(
        `ALTER DATABASE ${server.database} REFRESH COLLATION VERSION; ALTER ROLE ${server.databaseUser} RESET ALL`,
      );
    }
    const script = inspectionScript(requirementsOf(server));
    const { stdout } = await server.run("sh", { input: script });
    const said = stdout.split("\n").map((line) => Buffer.from(line.replace(/^.*:/, ""), "base64").toString());
    expect(said.join("\n")).toContain("PGDATA=");
    expect(said.join("\n")).not.toMatch(/PASSWORD|sandbox$/m);
  });

  it("a container that is not there yet is a note; with a backup it is a problem", async () => {
    const missing = requirementsOf(server).databases.map((one) => ({
      ...one,
      container: "no-such-container",
    }));
    const ask = () =>
      withPlugin((fresh) =>
        fresh.invoke(getServer, question(connectionTo(server), { databases: missing, zstd: true })),
      );
    await server.run("touch /srv/trial/app_20260101_000000.sql.gz.pin");
    expect(await ask()).toMatchObject({
      problems: [],
      notes: [
        expect.stringMatching(/does not exist yet.*PostgreSQL runs in .*set databases\.app\.container/),
      ],
      waiting: ["app"],
    });
    for (const ending of ["gz", "zst"]) {
      const archive = `/srv/trial/app_20260101_000000.sql.${ending}`;
      await server.run(`touch ${archive}`);
      expect(await ask()).toMatchObject({ problems: [expect.stringContaining("is gone")], waiting: [] });
      await server.run(`rm ${archive}`);
    }
  });

  it("a stopped cron is a problem", async () => {
    await server.run("pkill -STOP -x cron; pkill -KILL -x cron");
    const { problems } = await plugin.invoke(getServer, question(connectionTo(server)));
    await server.run("cron");
    expect(problems).toEqual([expect.stringContaining("cron is not running")]);
  });

  it("an unreachable server is no error", async () => {
    const facts = await plugin.invoke(getServer, question(nowhere));
    expect(facts).toMatchObject({
      reachable: false,
      machineId: null,
      problems: [expect.stringContaining("127.0.0.1")],
    });
  });

  it("says whether the state or the machine knows the server", async () => {
    const connection = connectionTo(server);
    await plugin.invoke(declareServers, declaration([connection, nowhere]));
    expect(await plugin.invoke(getServer, question(connection))).toMatchObject({ deployed: false });
    expect(await plugin.invoke(getServer, question(nowhere))).toMatchObject({ deployed: false });
    await file("one", connection);
    await withPlugin(async (fresh) => {
      expect(await fresh.invoke(getServer, question(connection))).toMatchObject({ deployed: true });
    });
  });
});

describe("a server with a problem", () => {
  it("keeps its state, plans nothing, and only its Readiness fails", async () => {
    const connection = connectionTo(other);
    const requirements = { databases: [] };
    const resource = await file("one", connection);
    const readiness = await readinessOf(connection, requirements);
    await other.stop();
    try {
      await withPlugin(async (later) => {
        const reading = await later.read(resource.urn, resource.id, resource.outputs);
        expect(reading).toMatchObject({ id: resource.id, properties: resource.outputs });
        expect(drift(resource, reading)).toEqual({});
        const seen = await later.read(readiness.urn, readiness.id, readiness.outputs);
        expect(Object.keys(drift(readiness, seen))).toEqual(["problems"]);
        // A failed update keeps the values that were read in the state.
        const stored = { ...readiness, inputs: seen.inputs ?? {}, outputs: seen.properties };
        const again = await refresh(stored);
        expect(Object.keys(drift(stored, again))).toEqual(["lookedAt"]);
        const twice = { ...readiness, inputs: again.inputs ?? {}, outputs: again.properties };
        expect(Object.keys(drift(twice, await refresh(twice)))).toEqual(["lookedAt"]);
        await later.invoke(declareServers, declaration([connection]));
        await later.invoke(getServer, question(connection, requirements));

        const request = { ...resource.inputs, path: "/srv/trial/elsewhere", content: "changed" };
        expect(await later.diff(resource.urn, resource.outputs, request)).toEqual({
          changes: 1,
          replaces: [],
        });
        expect((await later.diff(readiness.urn, seen.properties, readiness.inputs)).changes).toBe(0);
        expect((await later.diff(readiness.urn, readiness.outputs, readiness.inputs)).changes).toBe(2);
        await expect(later.update(resource.urn, resource.id, resource.outputs, request)).rejects.toThrow(
          other.alias,
        );
        await expect(later.delete(resource.urn, resource.id, resource.outputs)).rejects.toThrow(other.alias);
        await expect(
          later.update(readiness.urn, readiness.id, seen.properties, readiness.inputs),
        ).rejects.toThrow(
          /is not ready, and nothing on it was changed \[DBK-READY-1\]:\n {2}- .*could not be reached/,
        );
      });
    } finally {
      await other.start();
    }
    expect(drift(readiness, await refresh(readiness))).toEqual({});
  });

  it("that another stack owns is refused", async () => {
    await file("one", connectionTo(server));
    await withPlugin(async (later) => {
      const { problems } = await later.invoke(getServer, {
        ...question(connectionTo(server)),
        stack: "bench/other",
      });
      expect(problems).toEqual([
        expect.stringContaining("belongs to the stack bench/test, not to bench/other"),
      ]);
    });
  });

  it("two machines of one machine-id, as a clone has it, are both taken, with a note", async () => {
    const id = (await server.run("cat /etc/machine-id")).stdout;
    const own = (await other.run("cat /etc/machine-id")).stdout;
    await other.writeFile("/etc/machine-id", id);
    try {
      const [one, two] = [connectionTo(server, "one"), connectionTo(other, "two")];
      await plugin.invoke(declareServers, declaration([one, two]));
      const { problems, notes } = await plugin.invoke(getServer, question(one));
      expect(problems).toEqual([]);
      expect(ownNotes(textsOf(notes))).toEqual([
        expect.stringMatching(/same machine-id as two.*systemd-machine-id-setup/),
      ]);
      expect((await readinessOf(two, { databases: [] })).outputs.problems).toEqual([]);
    } finally {
      await other.writeFile("/etc/machine-id", own);
    }
  });

  it("two keys of one machine both have a problem", async () => {
    const [one, two] = [connectionTo(server, "one"), { ...connectionTo(server, "two"), connectTimeout: 7 }];
    await plugin.invoke(declareServers, declaration([one, two]));
    expect((await plugin.invoke(getServer, question(one))).problems).toEqual([
      expect.stringContaining("the server one is the same machine as two"),
    ]);
    await expect(readinessOf(two)).rejects.toThrow("the server two is the same machine as one");
  });
});
