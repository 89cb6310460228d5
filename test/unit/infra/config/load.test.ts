import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadPlan } from "../../../../infra/config/load.ts";
import { copyKey, stores } from "./stores.ts";

const project = "database-backups";
const right = { servers: { one: {} }, databases: { library: {} } };
const managed = { ...right, databases: { library: { managedContainer: {} } } };

/** Passes the configuration to the program like the engine: text as text, everything else as JSON. */
function configure(values: Record<string, unknown>, secrets: string[] = []): void {
  const entries = Object.entries(values).map(([key, value]): [string, string] => [
    key.includes(":") ? key : `${project}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(entries));
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(secrets.map((key) => `${project}:${key}`)));
}

beforeEach(async () => {
  await pulumi.runtime.setMocks(
    { call: () => ({}), newResource: () => ({ id: "", state: {} }) },
    project,
    "test",
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  pulumi.runtime.setAllConfig({});
});

test("texts, numbers and mappings are read as the stack's file has them", () => {
  configure({ ...right, runtime: "system", verification: false });
  expect(loadPlan().servers[0]).toMatchObject({ key: "one", runtime: "system", verification: false });
});

test("keys of other projects are none of ours", () => {
  configure({ ...right, "pulumi:disable-default-providers": "[]", "docker:host": "unix:///x" });
  expect(loadPlan().servers).toHaveLength(1);
});

test("an unknown key of the project is found", () => {
  configure({ ...right, verifcation: false });
  expect(loadPlan).toThrow(
    /Pulumi\.test\.yaml has one problem[\s\S]*database-backups:verifcation: unknown key/,
  );
});

test("a secret where none belongs is refused without showing it", () => {
  configure({ ...right, paths: { log: "hunter2" } }, ["paths"]);
  expect(loadPlan).toThrow(/one problem[\s\S]*database-backups:paths: must not be a secret/);
  expect(loadPlan).not.toThrow(/hunter2/);
});

test.each([
  {
    what: "no password",
    values: managed,
    secrets: [],
    says: "databasePasswords.library: is missing: set it with",
  },
  {
    what: "a password in plain text",
    values: { ...managed, databasePasswords: { library: "hunter2" } },
    secrets: [],
    says: "databasePasswords: must be a secret",
  },
])("a managed container with $what is refused", ({ values, secrets, says }) => {
  configure(values, secrets);
  expect(loadPlan).toThrow(says);
  expect(loadPlan).not.toThrow(/hunter2/);
});

test("a managed container with a secret password is accepted", () => {
  configure({ ...managed, databasePasswords: { library: "hunter2" } }, ["databasePasswords"]);
  expect(loadPlan().servers[0]?.databases[0]?.managedContainer).toMatchObject({ image: "postgres:17" });
});

const pingUrl = "https://ping.example/hunter2";

test.each([
  { what: "plain", values: { ...right, monitoring: { pingUrl } }, secrets: [] },
  { what: "secret for the stack", values: { ...right, monitoring: { pingUrl } }, secrets: ["monitoring"] },
  {
    what: "secret for a server",
    values: { ...right, servers: { one: { monitoring: { pingUrl } } } },
    secrets: ["servers"],
  },
])("an address to report to is accepted, $what", ({ values, secrets }) => {
  configure(values, secrets);
  expect(loadPlan().servers[0]?.monitoring.pingUrl).toBe(pingUrl);
});

const copies = { objects: stores.s3, box: stores.sftp };
const servers = { one: { copies: { cloud: stores.webdav } } };

test("stores are accepted with what opens them, secret", () => {
  configure({ ...right, copies, servers, copyKey }, ["copies", "servers", "copyKey"]);
  const [one] = loadPlan().servers;
  expect(one?.copyKey).toBe(copyKey);
  expect(one?.copies.map(({ name, type }) => [name, type])).toEqual([
    ["objects", "s3"],
    ["box", "sftp"],
    ["cloud", "webdav"],
  ]);
});

test("the key for copies is text, whatever its digits are", () => {
  const digits = "1".repeat(64);
  configure({ ...right, copies, copyKey: digits }, ["copies", "copyKey"]);
  expect(loadPlan().servers[0]?.copyKey).toBe(digits);
});

test("what opens a store is refused in plain text, each with the command for it, and not shown", () => {
  configure({ ...right, copies, servers: { "a.b": servers.one }, copyKey });
  const command = "must be a secret: set it with npm run pulumi -- config set --secret --path";
  for (const line of [
    `copies.objects.secretAccessKey: ${command} 'database-backups:copies.objects.secretAccessKey'`,
    `copies.box.privateKey: ${command} 'database-backups:copies.box.privateKey'`,
    `servers.a.b.copies.cloud.password: ${command} 'database-backups:servers["a.b"].copies.cloud.password'`,
    `copyKey: ${command} 'database-backups:copyKey'`,
  ])
    expect(loadPlan).toThrow(line);
  expect(loadPlan).not.toThrow(/hunter2|BEGIN|0123456789abcdef/);
});

test("what is wrong with a store is said without what opens it", () => {
  const wrong = { objects: { ...stores.s3, secretAccessKey: "hunter2\n", bucket: 4711, key: "hunter3" } };
  configure({ ...right, copies: wrong, copyKey: "hunter4" }, ["copies", "copyKey"]);
  expect(loadPlan).toThrow(/copies\.objects\.bucket: must be text\n/);
  expect(loadPlan).toThrow("copies.objects.secretAccessKey: must not hold line breaks");
  expect(loadPlan).toThrow("copyKey: must be 64 hexadecimal digits");
  expect(loadPlan).toThrow("copies.objects.key: not a setting of a store of type s3");
  expect(loadPlan).not.toThrow(/hunter|4711|is missing/);
});

test("a secret of a store that belongs elsewhere is refused", () => {
  configure({ ...right, copies: {}, paths: { log: "hunter2" } }, ["copies", "paths"]);
  expect(loadPlan).toThrow(/2 problems[\s\S]*copies: must not be a secret[\s\S]*paths: must not/);
});

test.each([
  {
    what: "no address",
    values: { monitoring: { pingUrl: "hunter2" } },
    path: "monitoring.pingUrl: must be an",
  },
  { what: "a number", values: { monitoring: { pingUrl: 4711 } }, path: "monitoring.pingUrl: must be text\n" },
  { what: "in the wrong place", values: { monitoring: pingUrl }, path: "monitoring: must be a mapping" },
  {
    what: "shared",
    values: { servers: { one: {}, two: {} }, monitoring: { pingUrl } },
    path: "monitoring.pingUrl: is one address for one and two",
  },
])("what is wrong with an address is said without it: $what", ({ values, path }) => {
  configure({ ...right, ...values });
  expect(() => loadPlan()).toThrow(`${path}`.trimEnd());
  expect(loadPlan).not.toThrow(/hunter2|4711/);
});

test("the settings beside a secret URL are checked, and the URL is not shown", () => {
  configure({ ...right, monitoring: { pingUrl, longQuery: "hunter3" } }, ["monitoring"]);
  expect(loadPlan).toThrow("monitoring.longQuery: must be a duration");
  expect(loadPlan).not.toThrow(/hunter/);
});
