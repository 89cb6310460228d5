import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InterruptedError } from "../../../../scripts/lib/base/errors.ts";
import { openLog } from "../../../../scripts/lib/program/log.ts";
import { lockDatabase } from "../../../../scripts/lib/recovery/crashed-runs.ts";
import { lockPath } from "../../../../scripts/lib/recovery/lock-path.ts";
import { lockHolder } from "../../../../scripts/lib/system/lock.ts";
import { quietRun } from "../postgres/runs.ts";
import { settings } from "../status/observations.ts";

const directory = mkdtempSync(join(tmpdir(), "lock-"));
afterAll(() => rmSync(directory, { recursive: true }));

const runId = "20261122T020000-4f2a1b";
const here = { ...settings, paths: { ...settings.paths, backups: directory, locks: directory } };
const database = {
  name: "app",
  container: "app-db",
  database: "app_production",
  user: "app",
  dataDirectory: directory,
};
const log = openLog(join(directory, "log"), "backup_database", runId);
const run = quietRun({ settings: here, database, runId, log });

/** Holds the database's lock silently, like a status check, until it is released. */
async function hold(): Promise<() => void> {
  const child = spawn("flock", [lockPath(here, database.name), "sh", "-c", "echo held; read -r _"]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return () => child.stdin.end();
}

test("a check whether a lock is free does not make a run fail", async () => {
  const release = await hold();
  const taken = lockDatabase(run);
  release();
  const lock = await taken;
  expect(lockHolder(lockPath(here, database.name))).toMatchObject({ alive: true, heldBy: { runId } });
  lock.release();
  expect(readFileSync(lockPath(here, database.name), "utf8")).toBe("");
});

test("a program that is ended while it waits for a lock names the signal", async () => {
  const release = await hold();
  const controller = new AbortController();
  const waiting = lockDatabase({ ...run, signal: controller.signal });
  controller.abort(new InterruptedError("ended by SIGTERM"));
  await expect(waiting).rejects.toThrow("ended by SIGTERM");
  release();
});

test("a lock with an unknown holder is refused", async () => {
  const release = await hold();
  await expect(lockDatabase(run)).rejects.toMatchObject({ exitCode: 75 });
  release();
});
