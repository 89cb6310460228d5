import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withLock } from "../../../../infra/local-machine/lock.ts";

const lockModule = resolve(import.meta.dirname, "../../../../infra/local-machine/lock.ts");
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The id of a process that has ended. */
const deadProcess = (): number => spawnSync("true").pid;

test("of processes that all find a dead one's lock, one at a time works, and nothing is left", async () => {
  const [lock, room] = [join(directory, "lock"), join(directory, "room")];
  writeFileSync(lock, String(deadProcess()));
  // mkdir fails if the directory exists, so a second process at work at the same time would fail.
  const program = `
    import { mkdirSync, rmdirSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { withLock } from ${JSON.stringify(lockModule)};
    await withLock(${JSON.stringify(lock)}, async () => {
      mkdirSync(${JSON.stringify(room)});
      await setTimeout(30);
      rmdirSync(${JSON.stringify(room)});
    });`;
  const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  await Promise.all(Array.from({ length: 6 }, run));
  expect(readdirSync(directory)).toEqual([]);
});

test("a lock whose holder's number is another process's by now is taken over", async () => {
  const lock = join(directory, "reused");
  writeFileSync(lock, `${process.ppid} 1`);
  expect(await withLock(lock, () => Promise.resolve("done"))).toBe("done");
  expect(existsSync(lock)).toBe(false);
});

test("what fails under the lock frees it", async () => {
  const lock = join(directory, "failing");
  await expect(withLock(lock, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(existsSync(lock)).toBe(false);
});
