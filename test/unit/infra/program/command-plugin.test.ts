import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commandPluginAvailable } from "../../../../infra/program/command-plugin.ts";

let home: string;
let path: string;
let mark: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "plugins-"));
  path = join(home, "bin");
  mark = join(home, "cache", "unavailable");
  mkdirSync(path);
});
afterEach(() => rmSync(home, { recursive: true }));

function executable(file: string, script: string): void {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const available = (more: Record<string, string> = {}) =>
  commandPluginAvailable({ PATH: path, PULUMI_HOME: home, ...more }, mark);
/** A CLI that records its arguments. */
const cli = (exitCode: number) =>
  executable(join(path, "pulumi"), `echo "$@" >> ${home}/asked; exit ${exitCode}`);
const asked = () =>
  existsSync(join(home, "asked")) ? readFileSync(join(home, "asked"), "utf8").trim().split("\n") : [];

test("an installed plugin is found without asking anyone", async () => {
  cli(1);
  executable(join(home, "plugins", "resource-command-v1.2.1", "pulumi-resource-command"), "true");
  expect(await available()).toBe(true);
  expect(asked()).toEqual([]);
});

test("a plugin on PATH is found", async () => {
  executable(join(path, "pulumi-resource-command"), "true");
  expect(await available()).toBe(true);
});

test("a plugin of another version is not taken for it", async () => {
  cli(1);
  executable(join(home, "plugins", "resource-command-v1.0.0", "pulumi-resource-command"), "true");
  expect(await available()).toBe(false);
});

test("a missing plugin is downloaded by the CLI", async () => {
  cli(0);
  expect(await available()).toBe(true);
  expect(asked()).toEqual(["plugin install resource command 1.2.1"]);
});

test("a download that failed is not tried again at once", async () => {
  cli(1);
  expect([await available(), await available()]).toEqual([false, false]);
  expect(asked()).toHaveLength(1);
});

test("nothing is downloaded where that is switched off, or without a CLI", async () => {
  expect(await available()).toBe(false);
  rmSync(mark);
  cli(0);
  expect(await available({ PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" })).toBe(false);
  expect(asked()).toEqual([]);
});
