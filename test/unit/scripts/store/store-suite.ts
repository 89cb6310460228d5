import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Store } from "../../../../scripts/lib/store/store.ts";

/** A store to be tested, with access to its storage. */
export interface StoreSubject {
  store: Store;
  /** Opens the same store as another program. */
  again(): Store;
  /** Writes files without the store. */
  lay(names: readonly string[], text: string): Promise<void>;
  /** Changes one byte of a stored file. */
  spoil(name: string): Promise<void>;
  /** Creates an entry that cannot be removed. */
  protect(name: string): Promise<void>;
  /** Makes the store unreachable. */
  destroy(): Promise<void>;
}

const scratch = mkdtempSync(join(tmpdir(), "store-suite-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const digest = (content: Buffer | string): string => createHash("sha256").update(content).digest("hex");
let made = 0;
/** A local file with this content. */
function file(content: Buffer | string): string {
  made += 1;
  const path = join(scratch, `file-${made}`);
  writeFileSync(path, content);
  // The clock of the file system may be coarse. This makes a change visible.
  utimesSync(path, 0, 0);
  return path;
}

/** The output of `read`. */
async function contentOf(store: Store, name: string): Promise<Buffer> {
  const path = file("");
  const output = openSync(path, "w");
  try {
    await store.read(name, output);
  } finally {
    closeSync(output);
  }
  return readFileSync(path);
}

const namesIn = async (store: Store): Promise<string[]> => (await store.list()).map(({ name }) => name);

/** Too large to be stored in one turn of the event loop. */
const large = randomBytes(8_000_003);

/** The contract of every store; see `Store`. */
export function keepsTheContract(name: string, make: () => Promise<StoreSubject>): void {
  describe(name, () => {
    test("has nothing at first, and nothing against being used", async () => {
      const { store } = await make();
      expect(await store.list()).toEqual([]);
      expect(await store.probe()).toEqual({ problem: null, removes: true });
      expect(await store.list()).toEqual([]);
      expect((await store.freeBytes()) ?? 1).toBeGreaterThan(0);
    });

    test.each([
      ["nothing", Buffer.alloc(0)],
      ["one byte", Buffer.from([0])],
      ["what fills one buffer", randomBytes(65_536)],
      ["what does not fit into one", large],
    ])("gives back %s as it was put, also to another program", async (_, content) => {
      const { store, again } = await make();
      await store.put(file(content), "shop_20261122_020000.sql.gz");
      for (const one of [store, again()]) {
        expect(await one.list()).toEqual([
          { name: "shop_20261122_020000.sql.gz", isFile: true, bytes: content.length },
        ]);
        expect(await one.readBack("shop_20261122_020000.sql.gz")).toBe(digest(content));
        expect((await contentOf(one, "shop_20261122_020000.sql.gz")).equals(content)).toBe(true);
      }
    });

    test("keeps files of any name apart", async () => {
      const { store, again } = await make();
      const names = [
        "with space",
        "größe 日本",
        "größe",
        ".hidden",
        "-rf",
        "100%25",
        "100%",
        'a"b\\c',
        "A",
        "a",
      ];
      for (const one of names) await store.put(file(one), one);
      expect(await namesIn(again())).toEqual([...names].sort());
      for (const one of names) expect(await again().readBack(one)).toBe(digest(one));
      await store.remove(["100%", "a", "with space"]);
      const left = names.filter((one) => !["100%", "a", "with space"].includes(one));
      expect(await namesIn(again())).toEqual(left.sort());
    });

    test("lists every one of 1,500 files, in the order of names", async () => {
      const { store, lay } = await make();
      const names = Array.from({ length: 1_500 }, (_, number) => `shop_${number}.sql.gz`);
      await lay(names, "x");
      expect(await namesIn(store)).toEqual([...names].sort());
    });

    test("puts a file in the place of what had its name", async () => {
      const { store, again } = await make();
      for (const content of ["first", "the second, which is longer", ""]) {
        await store.put(file(content), "marker");
        expect(await again().readBack("marker")).toBe(digest(content));
        expect(await again().list()).toEqual([{ name: "marker", isFile: true, bytes: content.length }]);
      }
    });

    test("reads what is stored, and not what it remembers of it", async () => {
      const { store, spoil } = await make();
      await store.put(file(large), "archive");
      await spoil("archive");
      expect(await store.readBack("archive")).toMatch(/^[0-9a-f]{64}$/);
      expect(await store.readBack("archive")).not.toBe(digest(large));
      expect((await contentOf(store, "archive")).equals(large)).toBe(false);
    });

    test("takes what is absent for an error, and not for an empty file", async () => {
      const { store } = await make();
      await expect(store.readBack("absent")).rejects.toThrow(/\w/);
      await expect(contentOf(store, "absent")).rejects.toThrow(/\w/);
      await expect(store.put(join(scratch, "absent"), "name")).rejects.toThrow(/\w/);
      await expect(store.remove(["absent", "absent too"])).resolves.toBeUndefined();
      expect(await store.list()).toEqual([]);
    });

    test.each([
      ["grows", (path: string) => appendFileSync(path, "more")],
      ["is cut", (path: string) => writeFileSync(path, large.subarray(0, 7_000_000))],
      ["is written again", (path: string) => writeFileSync(path, randomBytes(large.length))],
    ])("refuses a file that %s while it is sent", async (_, change) => {
      const { store } = await make();
      const path = file(large);
      const sent = store.put(path, "archive");
      // By now it has read the file, or will find it complete.
      await new Promise((resolve) => setImmediate(resolve));
      change(path);
      const after = digest(readFileSync(path));
      const outcome = await sent.then(
        () => "taken",
        (error: Error) => error.message,
      );
      if (outcome === "taken") expect(await store.readBack("archive")).toBe(after);
      else expect(outcome).toMatch(/\w/);
    });

    test("ends when it is told to, and what it has left by then is not taken for whole", async () => {
      const { store } = await make();
      const reason = new Error("the run was ended");
      const ended = AbortSignal.abort(reason);
      await store.put(file("old"), "archive");
      await expect(store.put(file("new"), "archive", ended)).rejects.toBe(reason);
      expect(await store.readBack("archive")).toBe(digest("old"));
      await expect(store.list(ended)).rejects.toBe(reason);
      await expect(store.readBack("archive", ended)).rejects.toBe(reason);
      await expect(store.remove(["archive"], ended)).rejects.toBe(reason);
      expect((await store.probe(ended)).problem).toMatch(/\w/);
      const ending = new AbortController();
      const sent = store.put(file(large), "archive", ending.signal);
      setImmediate(() => ending.abort(reason));
      await expect(sent).rejects.toBe(reason);
      expect(await store.readBack("archive").catch(() => "nothing")).not.toBe(digest(large));
      await store.put(file(large), "archive");
      expect(await store.readBack("archive")).toBe(digest(large));
    });

    test("removes in the order given, and stops at what stays", async () => {
      const { store, again, protect } = await make();
      for (const one of ["archive", "manifest", "other"]) await store.put(file(one), one);
      await protect("roles");
      await expect(store.remove(["archive", "roles", "manifest"])).rejects.toThrow(/\w/);
      expect(await namesIn(again())).toEqual(["manifest", "other", "roles"]);
      await store.remove(["manifest"]);
      expect(await namesIn(again())).toEqual(["other", "roles"]);
    });

    test("throws rather than to say that there is nothing, when it cannot be reached", async () => {
      const { store, again, destroy } = await make();
      await store.put(file("x"), "archive");
      await destroy();
      for (const one of [store, again()]) {
        const probe = { problem: expect.stringMatching(/\w/), removes: false };
        // All at once: some stores are tried again for seconds.
        await Promise.all([
          expect(one.list()).rejects.toThrow(/\w/),
          expect(one.put(file("x"), "archive")).rejects.toThrow(/\w/),
          expect(one.readBack("archive")).rejects.toThrow(/\w/),
          expect(contentOf(one, "archive")).rejects.toThrow(/\w/),
          expect(one.remove(["archive"])).rejects.toThrow(/\w/),
          expect(one.probe()).resolves.toEqual(probe),
        ]);
      }
    });
  });
}
