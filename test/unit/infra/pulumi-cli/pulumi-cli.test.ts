import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  cachedPulumi,
  isNewEnough,
  makePulumi,
  pulumiPrograms,
  vouchFor,
} from "../../../../infra/pulumi-cli/pulumi-cli.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "database-backups-cache-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** Takes some time, like a download. */
async function made(directory: string): Promise<string> {
  const cli = join(directory, "cli");
  mkdirSync(cli);
  await wait(300);
  writeFileSync(join(cli, "pulumi"), "");
  return cli;
}

test("two at once make one", async () => {
  let times = 0;
  const make = (directory: string) => {
    times += 1;
    return made(directory);
  };
  await Promise.all([makePulumi(make, cache), makePulumi(make, cache)]);
  expect(times).toBe(1);
  expect(readdirSync(cachedPulumi(cache))).toContain("pulumi");
  expect(readdirSync(cache)).toHaveLength(1);
});

test("one that is there is used as it is", async () => {
  mkdirSync(cachedPulumi(cache));
  writeFileSync(join(cachedPulumi(cache), "pulumi"), "");
  vouchFor(cachedPulumi(cache));
  await makePulumi(() => Promise.reject(new Error("another was made")), cache);
});

test("one that an older version downloaded without a check is replaced", async () => {
  mkdirSync(cachedPulumi(cache));
  writeFileSync(join(cachedPulumi(cache), "pulumi"), "unknown");
  await expect(makePulumi(() => Promise.reject(new Error("no network")), cache)).rejects.toThrow(
    "no network",
  );
  await makePulumi(made, cache);
  expect(readFileSync(join(cachedPulumi(cache), "pulumi"), "utf8")).toBe("");
});

test("what fails half-way leaves nothing, and the next run removes what a killed one has left", async () => {
  const killed = `${cachedPulumi(cache)}.partial-abcdef`;
  mkdirSync(killed);
  const failing = async (directory: string) => {
    await made(directory);
    throw new Error("no more room");
  };
  await expect(makePulumi(failing, cache)).rejects.toThrow("no more room");
  expect(readdirSync(cache)).toEqual([]);
});

test.each([
  ["v3.248.0", pulumiPrograms, true],
  ["v3.227.0", pulumiPrograms, true],
  ["v4.0.0", pulumiPrograms, true],
  ["v3.226.9", pulumiPrograms, false],
  ["what?", pulumiPrograms, false],
  // A CLI that cannot run our program does not count.
  ["v3.248.0", ["pulumi"], false],
  ["", [], false],
])("pulumi %s with %j on PATH: %j", async (version, programs, fits) => {
  for (const name of programs) {
    writeFileSync(join(cache, name), `#!/bin/sh\necho '${version}'\n`);
    chmodSync(join(cache, name), 0o755);
  }
  expect(await isNewEnough({ PATH: cache })).toBe(fits);
});
