import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { localDirectory } from "../../../../scripts/lib/store/local-directory.ts";
import { probed } from "../../../../scripts/lib/store/probing.ts";
import type { Store } from "../../../../scripts/lib/store/store.ts";
import { folderHands } from "../../../sandbox/stores/folder-hands.ts";
import { inMemory, newMemory } from "./in-memory.ts";
import { keepsTheContract } from "./store-suite.ts";

keepsTheContract("a toy in memory that cannot rename", async () => {
  const memory = newMemory();
  return {
    store: inMemory(memory),
    again: () => inMemory(memory),
    lay: async (names, text) => {
      for (const name of names) memory.files.set(name, Buffer.from(text));
    },
    spoil: async (name) => {
      const content = memory.files.get(name);
      if (content !== undefined) content[0] = (content[0] ?? 0) ^ 1;
    },
    protect: async (name) => {
      memory.files.set(name, Buffer.from("x"));
      memory.kept.add(name);
    },
    destroy: async () => {
      memory.broken = true;
    },
  };
});

const scratch = mkdtempSync(join(tmpdir(), "stores-"));
afterAll(() => rmSync(scratch, { recursive: true }));

keepsTheContract("a directory of this machine", async () => {
  const directory = mkdtempSync(join(scratch, "place-"));
  return {
    ...folderHands(directory),
    store: localDirectory(directory),
    again: () => localDirectory(directory),
    destroy: async () => {
      rmSync(directory, { recursive: true });
      writeFileSync(directory, "a file where the directory was");
    },
  };
});

describe("a directory of this machine", () => {
  let directory: string;
  let source: string;
  beforeEach(() => {
    const place = mkdtempSync(join(scratch, "files-"));
    directory = join(place, "backups");
    source = join(place, "source");
    writeFileSync(source, Buffer.alloc(5_000_000, "x"));
  });

  test("is made for its user alone, and so are its files", async () => {
    expect(await localDirectory(directory).list()).toEqual([]);
    await localDirectory(directory).put(source, "archive");
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "archive")).mode & 0o777).toBe(0o600);
  });

  test("keeps the old content, and nothing else, of what could not be put in its place", async () => {
    const store = localDirectory(directory);
    const ending = new AbortController();
    mkdirSync(directory);
    writeFileSync(join(directory, "archive"), "old");
    const sent = store.put(source, "archive", ending.signal);
    setImmediate(() => ending.abort());
    await expect(sent).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(["archive"]);
    expect(readFileSync(join(directory, "archive"), "utf8")).toBe("old");
  });

  test("lists what is no regular file as such", async () => {
    mkdirSync(join(directory, "folder"), { recursive: true });
    expect(await localDirectory(directory).list()).toEqual([{ name: "folder", isFile: false, bytes: 0 }]);
  });
});

describe("a probe", () => {
  /** A store with one changed method. */
  const withFault = (fault: (store: Store) => Partial<Store>): Store => {
    const store = inMemory(newMemory());
    return { ...store, ...fault(store) };
  };

  test.each<[string, (store: Store) => Partial<Store>, RegExp]>([
    ["changes a byte", () => ({ readBack: async () => "0".repeat(64) }), /other bytes/],
    ["hides what it has", () => ({ list: async () => [] }), /does not list/],
    ["may not be read", () => ({ readBack: () => Promise.reject(new Error("403")) }), /403/],
  ])("finds a store that %s", async (_, fault, problem) => {
    expect((await probed(withFault(fault), undefined)).problem).toMatch(problem);
  });

  test("finds a store that keeps the first content under a name", async () => {
    const taken = new Set<string>();
    const store = withFault(({ put }) => ({
      put: async (path, name) => {
        if (!taken.has(name)) await put(path, name);
        taken.add(name);
      },
    }));
    expect((await probed(store, undefined)).problem).toMatch(/other bytes/);
  });

  test.each<[string, (store: Store) => Partial<Store>]>([
    ["refuses to remove", () => ({ remove: () => Promise.reject(new Error("AccessDenied")) })],
    ["only says that it removes", () => ({ remove: async () => {} })],
  ])("does not take a store that %s for one that removes", async (_, fault) => {
    expect(await probed(withFault(fault), undefined)).toEqual({ problem: null, removes: false });
  });

  test("takes its file away where it found a problem", async () => {
    const memory = newMemory();
    const store = { ...inMemory(memory), readBack: async () => "0".repeat(64) };
    expect(await probed(store, undefined)).toEqual({ problem: expect.any(String), removes: true });
    expect(memory.files.size).toBe(0);
  });
});
