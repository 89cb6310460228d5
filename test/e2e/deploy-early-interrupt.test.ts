import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadAutomation, PulumiStack } from "../../infra/deployment/pulumi-stack.ts";

let directory: string;
let stack: PulumiStack;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "early-interrupt-"));
  mkdirSync(join(directory, "state"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: database-backups\nruntime: nodejs\n");
  const environment = { PULUMI_BACKEND_URL: `file://${directory}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
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

test("a stack whose making was cut off is taken back, though nobody was told that it is there", async () => {
  const made = () => globSync("state/.pulumi/stacks/**/prod.json", { cwd: directory });
  const making = stack.create();
  making.catch(() => {});
  while (made().length === 0) await wait(5);
  stack.interrupt();
  expect(await stack.undoCreation()).toBe(true);
  expect(made()).toEqual([]);
  expect(await stack.select()).toBe(false);
});

test("a stack that somebody else has made meanwhile stays", async () => {
  const environment = { PULUMI_BACKEND_URL: `file://${directory}/state`, PULUMI_CONFIG_PASSPHRASE: "x" };
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
