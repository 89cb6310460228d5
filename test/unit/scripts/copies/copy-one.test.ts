import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyBackup } from "../../../../scripts/lib/copies/copy-one.ts";
import { type RcloneFailure, StoreError } from "../../../../scripts/lib/copies/store-error.ts";
import { listBackups } from "../../../../scripts/lib/store/backups.ts";
import type { Store } from "../../../../scripts/lib/store/store.ts";
import { inMemory, newMemory } from "../store/in-memory.ts";
import { type Local, makeLocal } from "./local.ts";

let local: Local;
beforeEach(() => {
  local = makeLocal();
  local.backUp("20261122_020000");
});
afterEach(() => rmSync(local.directory, { recursive: true }));

/** Copies to a store whose first uploads of the archive fail so. */
async function copy(failures: RcloneFailure[], signal = new AbortController().signal) {
  const memory = newMemory();
  const whole = inMemory(memory);
  const left = [...failures];
  const warnings: string[] = [];
  const store: Store = {
    ...whole,
    put: async (path, name, ended) => {
      const failure = name.endsWith(".sql.gz") ? left.shift() : undefined;
      if (failure !== undefined) throw new StoreError(local.place, failure, "made to fail");
      await whole.put(path, name, ended);
    },
  };
  const [backup] = listBackups(local.settings.paths.backups, "shop");
  if (backup === undefined || backup.manifest === null) throw new Error("no backup");
  const { settings } = local;
  const order = {
    ...{ store, settings, key: Buffer.from(local.key, "hex"), level: "full" as const, pause: 20, signal },
    warn: (text: string) => warnings.push(text),
  };
  const outcome = await copyBackup(order, { ...backup, manifest: backup.manifest }).catch(
    (error: unknown) => error,
  );
  return { outcome, warnings, names: [...memory.files.keys()] };
}

test("what may be over in a moment is tried again, and reported", async () => {
  const { outcome, warnings, names } = await copy(["failed"]);
  expect(outcome).toBeTypeOf("number");
  expect(warnings).toEqual([
    expect.stringMatching(/did not arrive and is sent again: store objects .*made to fail/),
  ]);
  expect(names).toContain("shop_20261122_020000.copy.json");
});

test.each<[string, RcloneFailure[]]>([
  ["fails twice", ["failed", "failed"]],
  ["fails for want of a right", ["access"]],
  ["fails for want of room", ["full"]],
])("an upload that %s has no copy that counts", async (_, failures) => {
  const { outcome, names } = await copy(failures);
  expect(outcome).toBeInstanceOf(StoreError);
  expect(names).not.toContain("shop_20261122_020000.copy.json");
});

test("a run that is ended while it waits ends with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("ended by SIGTERM");
  setTimeout(() => controller.abort(reason), 5);
  expect((await copy(["failed"], controller.signal)).outcome).toBe(reason);
});
