import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../../infra/config/config-error.ts";
import { defaults } from "../../../../infra/config/defaults.ts";
import { planOf } from "../../../../infra/config/load.ts";
import { planNotes } from "../../../../infra/config/notes.ts";
import { pingUrlPerJob } from "../../../../infra/config/ping-urls.ts";
import type { ServerPlan } from "../../../../infra/config/plan.ts";
import { pathText } from "../../../../infra/config/problems.ts";
import { storeDefaults } from "../../../../infra/config/store-schema.ts";
import { configurationCases } from "./cases.ts";
import { copyKey, stores } from "./stores.ts";

function problemsOf(configuration: Record<string, unknown>): { path: string; text: string }[] {
  const result = planOf(configuration);
  const problems = "problems" in result ? result.problems : [];
  return problems.map(({ path, text }) => ({ path: pathText(path), text }));
}

function serversOf(configuration: Record<string, unknown>): ServerPlan[] {
  const result = planOf(configuration);
  if ("problems" in result) throw new ConfigError("database-backups", "test", result.problems);
  return result.plan.servers;
}

describe("a wrong configuration is refused with the path and what would be right", () => {
  test.each(configurationCases)("$title", ({ configuration, path, says }) => {
    expect(problemsOf(configuration)).toEqual([{ path, text: expect.stringContaining(says) }]);
  });
});

test("every problem is reported at once, those between values too", () => {
  const problems = problemsOf({
    servers: { one: { port: "22", host: "same" }, two: { host: "same", wibble: 1 } },
    databases: { library: { user: "-U" } },
    backups: { schedule: "never" },
  });
  expect(problems.map(({ path }) => path).sort()).toEqual([
    "backups.schedule",
    "databases.library.user",
    "servers.one.port",
    "servers.two.host",
    "servers.two.wibble",
  ]);
});

test("a problem that every server shares is said once", () => {
  const result = planOf({
    servers: { one: {}, two: {} },
    databases: { a: {} },
    paths: { log: "/root/database_backups" },
  });
  const error = new ConfigError("database-backups", "prod", "problems" in result ? result.problems : []);
  expect(error.message.split("\n")).toEqual([
    "Pulumi.prod.yaml has one problem; no server was contacted [DBK-CONFIG-1]:",
    "  database-backups:paths.log: /root/database_backups is also paths.backups; each purpose needs a path of its own",
  ]);
});

test("a server's own value wins over the environment's, and that over the default", () => {
  const [one, two] = serversOf({
    servers: { one: { backups: { retention: { days: 30 } }, runtime: "system" }, two: {} },
    databases: { library: {} },
    backups: { schedule: "30 3 * * *", retention: { keepAtLeast: 5 } },
  });
  expect(one?.backups).toMatchObject({
    schedule: "30 3 * * *",
    retention: { ...defaults.backups.retention, days: 30, keepAtLeast: 5 },
  });
  expect(two?.backups.retention).toEqual({ ...defaults.backups.retention, keepAtLeast: 5 });
  expect([one?.runtime, two?.runtime]).toEqual(["system", "pinned"]);
});

test("the address to report to is each server's own by {server} in it, and each job's by {job}; without that it is the backups', and a note says so", () => {
  const servers = serversOf({
    servers: {
      one: {},
      two: { monitoring: { pingUrl: "https://own.example/x" } },
      three: { rehearsal: { schedule: "never" } },
    },
    databases: { library: {} },
    monitoring: { pingUrl: "https://ping.example/key/{server}-{job}" },
  });
  expect(servers.map(pingUrlPerJob)).toEqual([
    { backup: "https://ping.example/key/one-backup", rehearsal: "https://ping.example/key/one-rehearsal" },
    { backup: "https://own.example/x", rehearsal: null },
    { backup: "https://ping.example/key/three-backup", rehearsal: null },
  ]);
  expect(servers.map(planNotes)).toEqual([
    [],
    [expect.stringContaining("Add {job} to give each its own address")],
    [],
  ]);
});

test("a server's databases are the environment's unless it names its own, with overrides", () => {
  const [one, two] = serversOf({
    servers: { one: {}, two: { databases: { shop: { user: "admin", port: 5433 } } } },
    databases: { library: {}, shop: { container: "pg", database: "shop_live", passwordFile: "/root/shop" } },
  });
  expect(one?.databases.map(({ name }) => name)).toEqual(["library", "shop"]);
  expect(two?.databases).toEqual([
    {
      name: "shop",
      container: "pg",
      database: "shop_live",
      user: "admin",
      dataDirectory: "/root/pg/data",
      port: 5433,
      passwordFile: "/root/shop",
      managedContainer: null,
    },
  ]);
});

test("a server lays its own stores over the environment's, key by key, adds one, and switches one off", () => {
  const servers = serversOf({
    servers: {
      one: {},
      two: { copies: { objects: { bucket: "own", retention: { days: 7 } }, box: stores.sftp } },
      three: { copies: { objects: false } },
      four: { copies: { objects: stores.webdav } },
    },
    databases: { library: {} },
    copies: { objects: { ...stores.s3, retention: { weekly: 1 } } },
    copyKey,
  });
  const usual = { ...storeDefaults.retention, weekly: 1 };
  expect(servers.map(({ copies }) => copies)).toEqual([
    [{ ...storeDefaults, ...stores.s3, name: "objects", prefix: "one", retention: usual }],
    [
      {
        ...storeDefaults,
        ...stores.s3,
        name: "objects",
        prefix: "two",
        bucket: "own",
        retention: { ...usual, days: 7 },
      },
      { ...storeDefaults, ...stores.sftp, name: "box", prefix: "two" },
    ],
    [],
    [{ ...storeDefaults, ...stores.webdav, name: "objects", prefix: "four" }],
  ]);
  expect(servers.map((server) => server.copyKey)).toEqual([copyKey, copyKey, null, copyKey]);
  expect(servers.flatMap(planNotes)).toEqual([]);
});

test("a store that every server completes needs nothing more", () => {
  const { secretAccessKey, ...shared } = stores.s3;
  const own = { copies: { objects: { secretAccessKey } } };
  const configuration = { databases: { library: {} }, copies: { objects: shared }, copyKey };
  expect(problemsOf({ ...configuration, servers: { one: own, two: own } })).toEqual([]);
  expect(problemsOf({ ...configuration, servers: { one: own, two: {} } })).toEqual([
    { path: "copies.objects.secretAccessKey", text: "is missing" },
  ]);
});

test("a store without https is noted", () => {
  const [one] = serversOf({
    servers: { one: {} },
    databases: { library: {} },
    copies: { objects: { ...stores.s3, endpoint: "http://10.0.0.2:9000" } },
    copyKey,
  });
  expect(one && planNotes(one)).toEqual([
    expect.stringContaining("copies to objects cross the network unencrypted"),
  ]);
});

test("the login is handed on as it is written, and is root's unless another is named", () => {
  const login = {
    host: "10.0.0.1",
    user: "deploy",
    port: 2222,
    sshConfig: "~/ssh.conf",
    proxyJump: "j@bastion:22",
  };
  const [one, two] = serversOf({
    servers: { one: { ...login, connectTimeout: "1m" }, two: {} },
    databases: { a: {} },
  });
  const { sshConfig, ...rest } = login;
  expect(one?.connection).toEqual({ key: "one", ...rest, configFile: sshConfig, connectTimeout: 60 });
  expect(two?.connection).toEqual({ key: "two", host: "two", user: "root" });
});
