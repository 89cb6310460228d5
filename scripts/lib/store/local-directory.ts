import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../system/durable-file.ts";
import { missingMount, missingMountText } from "../system/mounts.ts";
import { freeBytes } from "../system/space.ts";
import { listEntries } from "./entries.ts";
import { probed } from "./probing.ts";
import { removableFiles } from "./removable-files.ts";
import type { Store } from "./store.ts";

/**
 * A directory of this machine as a store. It guarantees more than the contract: a name stands for the old content or
 * for the complete new one, because a directory can rename. Its files are readable by the user alone (0600). A run's
 * own files there are written by the publisher, not by `put`.
 */
export function localDirectory(directory: string): Store {
  const store: Store = {
    ...removableFiles(directory),
    list: async (signal) => {
      signal?.throwIfAborted();
      return listEntries(directory);
    },
    put: async (path, name, signal) => {
      signal?.throwIfAborted();
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const temporary = join(directory, `${name}~`);
      try {
        await copy(path, temporary, signal);
        renameSync(temporary, join(directory, name));
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      syncDirectory(directory);
    },
    read: async (name, output, signal) => {
      for await (const chunk of chunksIn(join(directory, name), signal)) writeFileSync(output, chunk);
    },
    readBack: async (name, signal) => {
      const hash = createHash("sha256");
      for await (const chunk of chunksIn(join(directory, name), signal)) hash.update(chunk);
      return hash.digest("hex");
    },
    freeBytes: async (signal) => {
      signal?.throwIfAborted();
      return freeBytes(directory);
    },
    probe: (signal) => {
      const missing = missingMount(directory);
      return missing === null
        ? probed(store, signal)
        : Promise.resolve({ problem: missingMountText(directory, missing), removes: false });
    },
  };
  return store;
}

const chunkBytes = 262_144;

/** @throws the signal's reason on abort */
async function* chunksOf(file: FileHandle, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(chunkBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* chunksIn(path: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  signal?.throwIfAborted();
  const file = await open(path);
  try {
    yield* chunksOf(file, signal);
  } finally {
    await file.close();
  }
}

/** Copies a file durably. The file must not change meanwhile. */
async function copy(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const source = await open(from);
  try {
    rmSync(to, { force: true });
    const target = await open(to, "wx", 0o600);
    try {
      const before = await identity(source);
      for await (const chunk of chunksOf(source, signal)) await target.writeFile(chunk);
      await target.sync();
      if ((await identity(source)) !== before) throw new Error(`${from} changed while it was copied`);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function identity(file: FileHandle): Promise<string> {
  const { mtimeNs, size } = await file.stat({ bigint: true });
  return `${size} ${mtimeNs}`;
}
