import { createHash } from "node:crypto";
import { statSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { probed } from "../../../../scripts/lib/store/probing.ts";
import type { Store } from "../../../../scripts/lib/store/store.ts";

/** The files of the toy store. */
export interface Memory {
  files: Map<string, Buffer>;
  /** The names that its key may not remove. */
  kept: Set<string>;
  broken: boolean;
  /** Whether the key may remove anything. */
  removes: boolean;
}

export const newMemory = (): Memory => ({ files: new Map(), kept: new Set(), broken: false, removes: true });

/** Bytes of a file that it stores at a time. */
const part = 1_000_000;

/**
 * A toy store. It has no rename, as the stores to come: what it takes stands under its name part by part. It keeps
 * nothing beyond the process, and does not say how much it still takes.
 */
export function inMemory(memory: Memory): Store {
  const { files } = memory;
  const reach = (signal?: AbortSignal): void => {
    signal?.throwIfAborted();
    if (memory.broken) throw new Error("the memory is broken");
  };
  const contentOf = (name: string): Buffer => {
    const content = files.get(name);
    if (content === undefined) throw new Error(`there is no ${name}`);
    return content;
  };
  const store: Store = {
    list: async (signal) => {
      reach(signal);
      const entries = [...files].map(([name, content]) => ({ name, isFile: true, bytes: content.length }));
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    put: async (path, name, signal) => {
      reach(signal);
      const stateOf = () => {
        const { size, mtimeNs } = statSync(path, { bigint: true });
        return `${size} ${mtimeNs}`;
      };
      const before = stateOf();
      const source = await open(path);
      try {
        const buffer = Buffer.alloc(part);
        for (let content = Buffer.alloc(0); ; ) {
          reach(signal);
          const { bytesRead } = await source.read(buffer);
          content = Buffer.concat([content, buffer.subarray(0, bytesRead)]);
          files.set(name, content);
          if (bytesRead === 0) break;
        }
      } finally {
        await source.close();
      }
      if (stateOf() !== before) throw new Error(`${path} changed while it was sent`);
    },
    read: async (name, output, signal) => {
      reach(signal);
      writeSync(output, contentOf(name));
    },
    readBack: async (name, signal) => {
      reach(signal);
      return createHash("sha256").update(contentOf(name)).digest("hex");
    },
    remove: async (names, signal) => {
      for (const name of names) {
        reach(signal);
        if (!memory.removes || memory.kept.has(name)) throw new Error(`${name} may not be removed`);
        files.delete(name);
      }
    },
    freeBytes: async (signal) => {
      reach(signal);
      return null;
    },
    probe: (signal) => probed(store, signal),
  };
  return store;
}
