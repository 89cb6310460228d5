import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pruneStore } from "../../../../scripts/lib/copies/prune-run.ts";
import { copyToStore } from "../../../../scripts/lib/copies/store-run.ts";
import { readState } from "../../../../scripts/lib/store/copies-state.ts";
import { inMemory, type Memory, newMemory } from "../store/in-memory.ts";
import { type Local, makeLocal } from "./local.ts";

const usual = { takesOver: false, newest: false };
let local: Local;
let memory: Memory;
const [oldest, old, newest] = ["shop_20260901_020000", "shop_20261001_020000", "shop_20261123_020000"];
const ten = { days: 10, daily: 0, weekly: 0, monthly: 0, yearly: 0 };

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date("2026-11-23T12:00:00Z"), toFake: ["Date"] });
  local = makeLocal();
  memory = newMemory();
  for (const stamp of ["20260901_020000", "20261001_020000", "20261123_020000"]) local.backUp(stamp);
  local.place = { ...local.place, deletes: "server", retention: { ...ten, days: 1_000 } };
  expect(await copyToStore(local.context(), local.place, usual, async () => inMemory(memory))).toMatchObject({
    exitCode: 0,
  });
  local.place = { ...local.place, retention: ten };
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(local.directory, { recursive: true });
});

const prune = (dryRun = false) =>
  pruneStore(local.context(), local.place, dryRun, async () => inMemory(memory));
const stems = () => [...memory.files.keys()].filter((name) => name.endsWith(".copy.json")).sort();
const left = (...all: (string | undefined)[]) => all.map((stem) => `${stem}.copy.json`);

test("what the store's retention keeps no more goes, all files of it, and is not copied again", async () => {
  expect(await prune()).toMatchObject({ exitCode: 0, removed: [oldest, old] });
  expect(stems()).toEqual(left(newest));
  expect([...memory.files.keys()].filter((name) => name.startsWith(`${oldest}`))).toEqual([]);
  expect(Object.keys(readState(local.settings.paths.backups, local.place).state.copies)).toEqual([newest]);
  const again = await copyToStore(local.context(), local.place, usual, async () => inMemory(memory));
  expect(again).toMatchObject({ exitCode: 0, copied: [] });
  expect(local.log()).not.toContain("DBK-COPY-7");
});

test("a dry run removes nothing and gives every reason", async () => {
  const outcome = await prune(true);
  expect(outcome.removed).toEqual([]);
  expect(outcome.decisions.map(({ decision, stem }) => [stem, decision])).toEqual([
    [oldest, "remove"],
    [old, "remove"],
    [newest, "keep"],
  ]);
  expect(stems()).toHaveLength(3);
});

test("the newest whole copy stays, although a newer one is not whole", async () => {
  memory.files.delete(`${newest}.sql.gz`);
  expect(await prune()).toMatchObject({ removed: [oldest] });
  expect(stems()).toEqual(left(old, newest));
});

test("what this stack did not write stays", async () => {
  const marker = memory.files.get(`${oldest}.copy.json`)?.toString() ?? "";
  memory.files.set(`${oldest}.copy.json`, Buffer.from(marker.replace("prod", "pr0d")));
  const { decisions, removed } = await prune();
  expect(removed).toEqual([old]);
  expect(decisions[0]).toMatchObject({
    stem: oldest,
    decision: "keep",
    reason: expect.stringContaining("not ours"),
  });
});

test("a server that may not remove does not try, and says what does", async () => {
  local.place = { ...local.place, deletes: "never" };
  expect(await prune()).toMatchObject({
    exitCode: 77,
    removed: [],
    error: expect.stringContaining("npm run copies"),
  });
  expect(stems()).toHaveLength(3);
  expect((await prune(true)).exitCode).toBe(0);
});

test("what cannot be removed is an error, and the marker stays until the rest is gone", async () => {
  memory.kept.add(`${oldest}.sql.gz`);
  const outcome = await prune();
  expect(outcome).toMatchObject({ removed: [], error: expect.stringContaining("may not be removed") });
  expect(outcome.exitCode).not.toBe(0);
  expect(stems()).toHaveLength(3);
  memory.kept.clear();
  expect(await prune()).toMatchObject({ removed: [oldest, old] });
});
