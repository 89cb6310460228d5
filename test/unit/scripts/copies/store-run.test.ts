import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { storeLockPath } from "../../../../scripts/lib/copies/lock-path.ts";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
import { readState, writeState } from "../../../../scripts/lib/store/copies-state.ts";
import type { Store } from "../../../../scripts/lib/store/store.ts";
import { acquireLock } from "../../../../scripts/lib/system/lock.ts";
import { inMemory, type Memory, newMemory } from "../store/in-memory.ts";
import { type Local, makeLocal } from "./local.ts";

let local: Local;
let memory: Memory;
let store: Store;

beforeEach(() => {
  local = makeLocal();
  memory = newMemory();
  store = inMemory(memory);
});
afterEach(() => rmSync(local.directory, { recursive: true }));

const run = (takesOver = false, newest = false) =>
  copyToStore(local.context(), local.place, { takesOver, newest }, async () => store);
const names = () => [...memory.files.keys()].sort();
const state = () => readState(local.settings.paths.backups, local.place).state;
const records = () =>
  readFileSync(
    join(local.settings.paths.backups, `.runs-${new Date().toISOString().slice(0, 7)}.jsonl`),
    "utf8",
  )
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The files of a copy. */
const copyOf = (stem: string) => [`${stem}.copy.json`, `${stem}.json`, `${stem}.roles.sql`, `${stem}.sql.gz`];

describe("what is missing", () => {
  test("is copied, oldest first, of all databases, the marker last, and nothing a second time", async () => {
    const second = local.backUp("20261122_020000");
    const first = local.backUp("20261121_020000", "blog", "blog");
    const order: string[] = [];
    const { put } = store;
    store = {
      ...store,
      put: (path, name, signal) => {
        order.push(name);
        return put(path, name, signal);
      },
    };
    const outcome = await run();
    expect(outcome).toMatchObject({ exitCode: 0, error: null, pending: 0 });
    expect(outcome.copied.map(({ backup }) => backup)).toEqual([first, second]);
    expect(names()).toEqual([...copyOf(first), ...copyOf(second), "owner.json"].sort());
    expect(order).toEqual([
      "owner.json",
      ...[first, second].flatMap((stem) => [
        `${stem}.sql.gz`,
        `${stem}.roles.sql`,
        `${stem}.json`,
        `${stem}.copy.json`,
      ]),
    ]);
    expect(Object.keys(state().copies).sort()).toEqual([first, second].sort());
    expect(await run()).toMatchObject({ exitCode: 0, copied: [] });
    expect(order).toHaveLength(9);
  });

  test("has a record of its own per database", async () => {
    local.backUp("20261122_020000");
    await run();
    expect(records()).toMatchObject([
      { event: "began", program: "copy_backups", database: "shop", action: "objects" },
      { event: "ended", outcome: "succeeded", exitCode: 0, file: "shop_20261122_020000.sql.gz" },
    ]);
  });

  test("is what has a manifest that is right: nothing else leaves the server", async () => {
    local.backUp("20261122_020000");
    writeFileSync(join(local.settings.paths.backups, "shop_20261123_020000.sql.gz"), "hand-made");
    const cut = local.backUp("20261124_020000");
    writeFileSync(join(local.settings.paths.backups, `${cut}.sql.gz`), "cut");
    expect((await run()).copied.map(({ backup }) => backup)).toEqual(["shop_20261122_020000"]);
  });

  test("is copied by the next run where the store was down", async () => {
    local.backUp("20261122_020000");
    memory.broken = true;
    expect(await run()).toMatchObject({ exitCode: 1, copied: [], pending: 1, error: "the memory is broken" });
    expect(local.log().match(/the memory is broken/g)).toHaveLength(1);
    local.backUp("20261123_020000");
    expect(await run()).toMatchObject({ pending: 2 });
    memory.broken = false;
    expect(await run()).toMatchObject({ exitCode: 0, pending: 0 });
  });

  test("is the newest of each database alone, where that is asked for, and the others wait", async () => {
    const [, newest] = ["20261121_020000", "20261122_020000"].map((stamp) => local.backUp(stamp));
    const blog = local.backUp("20261101_020000", "blog", "blog");
    const outcome = await run(false, true);
    expect(outcome.copied.map(({ backup }) => backup).sort()).toEqual([blog, newest]);
    expect(outcome).toMatchObject({ exitCode: 0, pending: 1 });
    expect((await run(false, true)).copied).toEqual([]);
    expect((await run()).copied).toHaveLength(1);
  });

  test("is also what came while the run was at work", async () => {
    local.backUp("20261122_020000");
    const put = store.put;
    store = {
      ...store,
      put: async (path, name, signal) => {
        if (name === "shop_20261122_020000.copy.json") local.backUp("20261123_020000");
        await put(path, name, signal);
      },
    };
    expect((await run()).copied).toHaveLength(2);
  });
});

describe("a copy counts only when it was read back", () => {
  /** The store damages the first so many archives that it takes. */
  const damaging = (times: number): Store => {
    let left = times;
    const { put } = store;
    return {
      ...store,
      put: async (path, name, signal) => {
        await put(path, name, signal);
        if (name.endsWith(".sql.gz") && left-- > 0) memory.files.set(name, Buffer.from("damaged"));
      },
    };
  };

  test("one that arrived damaged is sent again, and reported", async () => {
    local.backUp("20261122_020000");
    store = damaging(1);
    expect(await run()).toMatchObject({ exitCode: 0 });
    expect(memory.files.get("shop_20261122_020000.sql.gz")?.toString()).toBe("dump of 20261122_020000");
    expect(local.log()).toMatch(/warning shop .* arrived damaged and is sent again: .* \[DBK-COPY-1\]/);
  });

  test("one that arrives damaged again fails, has no marker, and is due", async () => {
    const stem = local.backUp("20261122_020000");
    store = damaging(2);
    expect(await run()).toMatchObject({
      exitCode: 1,
      pending: 1,
      error: expect.stringContaining("DBK-COPY-1"),
    });
    expect(names()).not.toContain(`${stem}.copy.json`);
    expect(records().at(-1)).toMatchObject({ outcome: "failed", error: { kind: "failed" } });
  });

  test("one of a file that is damaged here fails, and the others are copied", async () => {
    const stem = local.backUp("20261122_020000", "sound");
    const other = local.backUp("20261123_020000");
    writeFileSync(join(local.settings.paths.backups, `${stem}.sql.gz`), "dound");
    const outcome = await run();
    expect(outcome).toMatchObject({ exitCode: 65, pending: 1, error: expect.stringContaining("DBK-COPY-2") });
    expect(outcome.copied.map(({ backup }) => backup)).toEqual([other]);
    expect(names()).not.toContain(`${stem}.copy.json`);
  });

  test("the newest is read again after a week, and copied again where it is damaged by then", async () => {
    local.backUp("20261121_020000");
    const stem = local.backUp("20261122_020000");
    await run();
    const old = state();
    const aged = (copy: (typeof old.copies)[string]) => ({ ...copy, verifiedAt: "2026-11-01T00:00:00.000Z" });
    const copies = Object.fromEntries(Object.entries(old.copies).map(([name, copy]) => [name, aged(copy)]));
    writeState(local.settings.paths.backups, { ...old, copies });
    expect(await run()).toMatchObject({ exitCode: 0, reread: [stem], copied: [] });
    writeState(local.settings.paths.backups, { ...old, copies });
    const { length } = memory.files.get(`${stem}.roles.sql`) ?? Buffer.alloc(0);
    memory.files.set(`${stem}.roles.sql`, Buffer.alloc(length, "x"));
    const outcome = await run();
    expect(outcome).toMatchObject({ exitCode: 1, reread: [], error: expect.stringContaining("DBK-COPY-7") });
    expect(outcome.copied.map(({ backup }) => backup)).toEqual([stem]);
    expect(memory.files.get(`${stem}.roles.sql`)?.toString()).toBe("-- roles of 20261122_020000\n");
    expect(await run()).toMatchObject({ exitCode: 0, copied: [] });
  });
});

test("a copy that was found damaged does not count again before it is copied again", async () => {
  const stem = local.backUp("20261122_020000");
  await run();
  const old = state();
  const copies = Object.fromEntries(
    Object.entries(old.copies).map(([name, copy]) => [
      name,
      { ...copy, verifiedAt: "2026-11-01T00:00:00.000Z" },
    ]),
  );
  writeState(local.settings.paths.backups, { ...old, copies });
  const { length } = memory.files.get(`${stem}.sql.gz`) ?? Buffer.alloc(0);
  memory.files.set(`${stem}.sql.gz`, Buffer.alloc(length, "x"));
  const { put } = store;
  store = { ...store, put: () => Promise.reject(new Error("the store takes nothing")) };
  expect(await run()).toMatchObject({ exitCode: 1, copied: [], pending: 1 });
  expect(await run()).toMatchObject({ exitCode: 1, copied: [], pending: 1 });
  expect(state().copies).toEqual({});
  store = { ...store, put };
  expect(await run()).toMatchObject({ exitCode: 0, pending: 0 });
  expect(state().damaged).toEqual([]);
});

test("a failure of one backup is told once", async () => {
  local.backUp("20261122_020000");
  store = { ...store, put: () => Promise.reject(new Error("the store takes nothing")) };
  expect(await run()).toMatchObject({ exitCode: 1, pending: 1 });
  expect(local.log().match(/the store takes nothing/g)).toHaveLength(1);
});

test("a second run at the same store is not begun, and says so", async () => {
  local.backUp("20261122_020000");
  const lock = acquireLock(storeLockPath(local.settings, "objects"), "copy_backups", "other");
  expect(await run()).toMatchObject({ exitCode: 75, copied: [] });
  expect(names()).toEqual([]);
  if ("release" in lock) lock.release();
  expect(await run()).toMatchObject({ exitCode: 0 });
});

test.each([
  ["absent", () => rmSync(join(local.directory, "copy-key"))],
  ["short", () => writeFileSync(join(local.directory, "copy-key"), "abc")],
])("a key that is %s makes no copy, and the error has nothing of it", async (_, spoil) => {
  local.backUp("20261122_020000");
  spoil();
  const outcome = await run();
  expect(outcome).toMatchObject({
    exitCode: 78,
    pending: 1,
    error: expect.stringContaining("DBK-COPY-12"),
  });
  expect(outcome.error).not.toContain("abc");
});

test("another place under the same key has no copies yet", async () => {
  local.backUp("20261122_020000");
  await run();
  memory = newMemory();
  store = inMemory(memory);
  local.place = { ...local.place, path: "acme/elsewhere" };
  expect((await run()).copied).toHaveLength(1);
});
