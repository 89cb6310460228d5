import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAutomation, PulumiStack } from "../../infra/deployment/pulumi-stack.ts";
import { succeed } from "../../infra/local-machine/command.ts";

let directory: string;
let environment: Record<string, string>;
let stack: PulumiStack;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "early-interrupt-"));
  mkdirSync(join(directory, "state"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: database-backups\nruntime: nodejs\n");
  environment = {
    PULUMI_BACKEND_URL: `file://${directory}/state`,
    PULUMI_CONFIG_PASSPHRASE: "x",
    PULUMI_HOME: join(directory, "home"),
  };
  stack = new PulumiStack(await loadAutomation(), "prod", directory, environment);
});

afterAll(() => {
  stack?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test("Ctrl-C while the CLI is only being started reaches it, and nothing later", async () => {
  const interrupted = stack.select();
  stack.interrupt();
  await expect(interrupted).rejects.toThrow(/SIGINT|exit code 130/);
  expect(await stack.select()).toBe(false);
});

test("a stack whose creation is interrupted by Ctrl-C is created completely and removed again", async () => {
  const made = () => globSync("state/.pulumi/stacks/**/prod.json", { cwd: directory });
  const making = stack.create();
  making.catch(() => {});
  while (made().length === 0) await wait(5);
  stack.interrupt();
  await expect(making).resolves.toBeUndefined();
  expect(await stack.undoCreation()).toBe(true);
  expect(made()).toEqual([]);
  expect(await stack.select()).toBe(false);
});

test("a stack that another run has created meanwhile is kept", async () => {
  const other = new PulumiStack(await loadAutomation(), "prod", directory, environment);
  try {
    await other.create();
    await expect(stack.create()).rejects.toThrow(/already exists/);
    expect(await stack.undoCreation()).toBe(false);
    expect(await stack.select()).toBe(true);
  } finally {
    other.dispose();
  }
});

test("the stack that a person has selected stays selected", async () => {
  const options = { cwd: directory, env: { ...process.env, ...environment } };
  await succeed(["pulumi", "stack", "init", "staging", "--non-interactive"], options);
  const fresh = new PulumiStack(await loadAutomation(), "fresh", directory, environment);
  try {
    expect(await stack.select()).toBe(true);
    await fresh.create();
  } finally {
    fresh.dispose();
  }
  expect(await succeed(["pulumi", "stack", "--show-name"], options)).toBe("staging");
});
