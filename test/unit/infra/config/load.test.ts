import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadPlan } from "../../../../infra/config/load.ts";

const project = "database-backups";
const right = { servers: { one: {} }, databases: { library: {} } };
const managed = { ...right, databases: { library: { managedContainer: {} } } };

/** Gives the program its configuration as the engine does: text, and JSON for anything else. */
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
