import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { endProcesses, markedAs, processesOf } from "../../running.ts";

const run = randomUUID();

/** Starts a shell script in its own session. Its processes belong to the run. */
function start(script: string): void {
  const env = { ...process.env, ...markedAs(run) };
  spawn("sh", ["-c", script], { env, detached: true, stdio: "ignore" }).unref();
}

test.runIf(existsSync("/proc/self/environ"))(
  "every process of a run is found and ended, also one that ignores SIGTERM or left its session",
  async () => {
    expect(processesOf(run)).toEqual([]);
    start("trap '' TERM; while :; do sleep 0.05; done");
    start("setsid sleep 60 & sleep 60");
    await expect.poll(() => processesOf(run).length).toBeGreaterThanOrEqual(4);
    await endProcesses(run, 300);
    expect(processesOf(run)).toEqual([]);
  },
);

test("processes of another run, and without a run, stay", async () => {
  const other = randomUUID();
  const env = { ...process.env, ...markedAs(other) };
  const child = spawn("sleep", ["60"], { env, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(() => processesOf(other)).toEqual([child.pid]);
  await endProcesses(run, 100);
  expect(processesOf(other)).toEqual([child.pid]);
});
