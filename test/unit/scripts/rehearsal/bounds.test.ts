import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { InterruptedError } from "../../../../scripts/lib/base/errors.ts";
import { watchSpace } from "../../../../scripts/lib/rehearsal/space.ts";
import { TrialContainer } from "../../../../scripts/lib/rehearsal/trial-container.ts";
import type { RestoreRun } from "../../../../scripts/lib/restore/run.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rehearsal-bounds-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

/** Watches a directory that reports these free bytes one after the other, or fails. */
async function watched(...answers: (number | null)[]): Promise<{ looks: number; reasons: string[] }> {
  const ended = new AbortController();
  const reasons: string[] = [];
  let looks = 0;
  const place = {
    needed: 100,
    used: async () => {
      const answer = answers[looks];
      looks += 1;
      if (answer === undefined) ended.abort();
      if (typeof answer !== "number") throw new Error("no answer today");
      return answer;
    },
    free: async () => 1000,
  };
  const stop = (reason: InterruptedError) => reasons.push(`${reason.exitCode} ${reason.message}`);
  await watchSpace(place, 10, ended.signal, stop, 0);
  return { looks, reasons };
}

test("the watch over a rehearsal's space outlasts questions that fail", async () => {
  expect(await watched(50, null, null, null, null, 50, null, 201, 202)).toEqual({
    looks: 8,
    reasons: [expect.stringMatching(/^73 it was stopped: it uses 201 B/)],
  });
  expect(await watched(50, null, 200)).toEqual({ looks: 4, reasons: [] });
});

test("a rehearsal whose free space becomes unknown is ended", async () => {
  expect(await watched(50, null, null, null, null, null, 50)).toEqual({
    looks: 6,
    reasons: [expect.stringMatching(/^73 it was stopped: .*: no answer today \[DBK-SPACE-3\]$/)],
  });
});

test("a docker that hangs is not left behind, and keeps no program from its end", async () => {
  const started = join(directory, "started");
  const hanging = `#!/bin/sh\n[ "$1" != run ] || { echo $$ >${started}; echo ready; }\nexec sleep 1000\n`;
  writeFileSync(join(directory, "docker"), hanging);
  chmodSync(join(directory, "docker"), 0o755);
  vi.stubEnv("PATH", `${directory}${delimiter}${process.env.PATH}`);
  const run = {
    database: { name: "shop" },
    runId: "20261122T043000-abcdef",
    settings: { rehearsal: { memoryBytes: 1 }, timeouts: { query: 0.2 } },
    signal: new AbortController().signal,
  } as unknown as RestoreRun;
  const container = new TrialContainer(run, "hanging");
  await container.start("image", { name: "postgres", otherwise: null });
  const pid = Number(readFileSync(started, "utf8"));
  expect(() => process.kill(pid, 0)).not.toThrow();
  await expect(container.remove()).rejects.toThrow("docker gave no answer");
  await expect.poll(() => isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
