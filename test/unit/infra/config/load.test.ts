import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadPlan } from "../../../../infra/config/load.ts";

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
