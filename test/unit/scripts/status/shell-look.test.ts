import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { observeCron } from "../../../../scripts/lib/status/observe-cron.ts";
import { observeSurroundings } from "../../../../scripts/lib/status/observe-surroundings.ts";
import { settings } from "./observations.ts";

const directory = mkdtempSync(join(tmpdir(), "surroundings-"));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const paths = { ...settings.paths, logRotation: "/etc/logrotate.d/x", installation: join(directory, "x") };
const options = { timeoutSeconds: 30, signal: new AbortController().signal };
const observe = () => observeSurroundings({ ...settings, paths }, options);

test("a search that comes to its end is one, although some of the directories are not there", async () => {
  const observed = await observe();
  const directories = observed?.readable ? observed.value.directories.map(({ path }) => path) : [];
  expect(directories).toContain("/etc");
  expect(directories).toContain(directory);
});

test("whether cron runs is known on this machine", async () => {
  expect(await observeCron(options)).toEqual({ readable: true, value: expect.any(Boolean) });
});

test.each([
  ["that says nothing", "exit 2", "status 2"],
  ["that is killed", "echo directory:755:root:root:/etc; kill -9 $$", "status 128"],
  ["that only says it was well", "echo directory:755:root:root:/etc; exit 0", "status 0"],
])("a search %s has seen nothing", async (_, body, reason) => {
  writeFileSync(join(directory, "sh"), `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
  const unseen = { readable: false, reason: expect.stringContaining(`the search broke off with ${reason}`) };
  expect(await observe()).toEqual(unseen);
  expect(await observeCron(options)).toEqual(unseen);
});
