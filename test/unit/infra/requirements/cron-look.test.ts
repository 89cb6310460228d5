import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inspectionScript, parseInspection } from "../../../../infra/requirements/inspection.ts";

const script = inspectionScript({
  commands: [],
  directories: [],
  databases: [],
  runtime: "pinned",
  mails: false,
});

/** Runs in its own PID namespace, so that it does not see the processes of this machine. */
const machine = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const canUnshare = spawnSync("unshare", [...machine.slice(1), "true"]).status === 0;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cron-look-"));
  // The name of a process that runs a script is the script's name.
  writeFileSync(join(directory, "cron"), "#!/bin/sh\nsleep 60\n");
  chmodSync(join(directory, "cron"), 0o755);
});
afterAll(() => rmSync(directory, { recursive: true }));

test.skipIf(!canUnshare).each([
  ["runs", "", true],
  ["runs in a container alone", "unshare --pid --fork", false],
  ["is none", ": ", false],
])("a cron that %s", (_, where, runs) => {
  const before = `${where} "$1" & until grep -qx cron /proc/[0-9]*/comm 2>/dev/null || [ "${where}" = ": " ]; do sleep 0.05; done`;
  const argv = ["sh", "-c", `${before}; docker() { return 1; }; ${script}`, "sh", join(directory, "cron")];
  const { stdout, stderr } = spawnSync("unshare", [...machine.slice(1), ...argv], {
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(parseInspection(stdout).cronRuns, stderr).toBe(runs);
});
