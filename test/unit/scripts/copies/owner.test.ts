import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sealed } from "../../../../scripts/lib/copies/seal.ts";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
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
const names = () => [...memory.files.keys()].sort();
const key = () => Buffer.from(local.key, "hex");

describe("whose copies they are", () => {
  const owner = (changes: object, by = key()) =>
    memory.files.set(
      "owner.json",
      Buffer.from(
        sealed(
          "owner",
          {
            ...{ version: 1, stack: local.settings.stack, server: local.settings.server, machine: "another" },
            ...{ since: "2026-11-01T00:00:00.000Z", formerly: [] },
            ...changes,
          },
          by,
        ),
      ),
    );

  test.each([
    ["another stack", () => owner({ stack: "other/prod" }), /belongs to .* of other\/prod/],
    ["another key", () => owner({}, Buffer.alloc(32)), /written with another key/],
    [
      "nobody, and of any size",
      () => memory.files.set("owner.json", Buffer.alloc(100_000, " ")),
      /not readable/,
    ],
    ["nobody readable", () => memory.files.set("owner.json", Buffer.from("{")), /not readable/],
    [
      "nobody said",
      () => memory.files.set("shop_20261122_020000.copy.json", Buffer.from("{}")),
      /without owner/,
    ],
  ])("those of %s are refused, and nothing is written", async (_, lay, reason) => {
    local.backUp("20261123_020000");
    lay();
    const before = names();
    const outcome = await run();
    expect(outcome).toMatchObject({ exitCode: 78, pending: 1, error: expect.stringMatching(reason) });
    expect(names()).toEqual(before);
    expect((await run(true)).exitCode).toBe(78);
  });

  test.each([
    ["this server's former machine", {}],
    ["a server that this one replaces", { server: "web2" }],
  ])("those of %s are taken over when a person says so, and that is recorded", async (_, changes) => {
    local.backUp("20261123_020000");
    owner(changes);
    expect(await run()).toMatchObject({ exitCode: 77, error: expect.stringContaining("--take-over") });
    expect(await run(true)).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(memory.files.get("owner.json")?.toString() ?? "")).toMatchObject({
      formerly: [{ machine: "another" }],
    });
    expect(await run()).toMatchObject({ exitCode: 0 });
  });
});
