import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
import { readState } from "../../../../scripts/lib/store/copies-state.ts";
import type { Store } from "../../../../scripts/lib/store/store.ts";
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
const state = () => readState(local.settings.paths.backups, local.place).state;

describe("what the store has decides", () => {
  test("a copy whose marker is gone is made again, and reported", async () => {
    const stem = local.backUp("20261122_020000");
    await run();
    memory.files.delete(`${stem}.copy.json`);
    expect((await run()).copied.map(({ backup }) => backup)).toEqual([stem]);
    expect(local.log()).toContain("[DBK-COPY-7]");
  });

  test.each([
    ["gone", (name: string) => memory.files.delete(name)],
    ["cut", (name: string) => memory.files.set(name, Buffer.from("cut"))],
  ])("a copy whose archive is %s there is made again, and reported", async (_, spoil) => {
    const stem = local.backUp("20261122_020000");
    await run();
    spoil(`${stem}.sql.gz`);
    expect((await run()).copied.map(({ backup }) => backup)).toEqual([stem]);
    expect(local.log()).toMatch(
      /no longer counts: its files have \d+ bytes there instead of \d+ \[DBK-COPY-7\]/,
    );
    expect(await run()).toMatchObject({ exitCode: 0, copied: [] });
  });

  test("what this server has forgotten it learns from the markers", async () => {
    const stem = local.backUp("20261122_020000");
    await run();
    rmSync(join(local.settings.paths.backups, ".copies-objects.json"));
    expect(await run()).toMatchObject({ exitCode: 0, copied: [] });
    expect(Object.keys(state().copies)).toEqual([stem]);
  });

  test("a damaged state is not believed, said, and made again", async () => {
    local.backUp("20261122_020000");
    await run();
    writeFileSync(join(local.settings.paths.backups, ".copies-objects.json"), "{");
    expect(await run()).toMatchObject({ exitCode: 0, copied: [] });
    expect(local.log()).toContain("[DBK-COPY-5]");
  });

  test("a marker of somebody without the key does not count, nor one of other files", async () => {
    const stem = local.backUp("20261122_020000");
    await run();
    const genuine = memory.files.get(`${stem}.copy.json`)?.toString() ?? "";
    rmSync(join(local.settings.paths.backups, ".copies-objects.json"));
    memory.files.set(`${stem}.copy.json`, Buffer.from(genuine.replace("cloud", "clown")));
    memory.files.set("shop_20261201_020000.copy.json", Buffer.from(genuine));
    expect((await run()).copied.map(({ backup }) => backup)).toEqual([stem]);
    expect(local.log().match(/\[DBK-COPY-6\]/g)).toHaveLength(2);
  });
});
