import { createHash } from "node:crypto";
import { fstatSync, statSync } from "node:fs";
import * as z from "zod/mini";
import type { DirectoryEntry } from "../store/entries.ts";
import { probed } from "../store/probing.ts";
import type { Store } from "../store/store.ts";
import { type Rclone, remote, runRclone } from "./rclone.ts";
import { StoreError } from "./store-error.ts";

const Listed = z.object({ Name: z.string(), Size: z.int(), IsDir: z.boolean() });

/** A probe's file is sent in two parts where a store takes parts: of 5 MiB, the least that S3 allows. */
const probeBytes = 6_000_000;
const probeParts = { chunk_size: "5Mi", upload_cutoff: "5Mi" };

/**
 * A store that rclone reaches: S3, SFTP, WebDAV, Azure. A directory or bucket that is not there is an error, never an
 * empty store.
 */
export function rcloneStore(rclone: Rclone): Store {
  const run = async (words: readonly string[], signal: AbortSignal | undefined): Promise<string> => {
    const pieces: Buffer[] = [];
    await runRclone(rclone, words, { output: (piece) => pieces.push(piece), signal });
    return Buffer.concat(pieces).toString();
  };

  /** The size of a file. rclone takes an absent one for an empty output, or for a directory. */
  const sizeOf = async (name: string, signal: AbortSignal | undefined): Promise<number> => {
    const text = await run(
      ["lsjson", "--stat", "--no-modtime", "--no-mimetype", remote(rclone, name)],
      signal,
    );
    const found = text.trim() === "null" || text.trim() === "" ? null : z.parse(Listed, JSON.parse(text));
    if (found === null || found.IsDir) throw new StoreError(rclone.store, "absent", name);
    return found.Size;
  };

  const requireWhole = (name: string, expected: number, found: number): void => {
    if (expected === found) return;
    throw new StoreError(rclone.store, "failed", `${name}: ${found} of ${expected} bytes came`);
  };

  const store: Store = {
    list: async (signal) => {
      const text = await run(["lsjson", "--no-modtime", "--no-mimetype", remote(rclone)], signal);
      return z
        .parse(z.array(Listed), JSON.parse(text))
        .map(
          ({ IsDir, Name, Size }): DirectoryEntry => ({
            name: Name,
            isFile: !IsDir,
            bytes: IsDir ? 0 : Size,
          }),
        )
        .sort((one, other) => (one.name < other.name ? -1 : 1));
    },
    put: async (path, name, signal) => {
      const before = identityOf(path);
      await run(["copyto", "--ignore-times", path, remote(rclone, name)], signal);
      if (identityOf(path) !== before) throw new StoreError(rclone.store, "changed", path);
    },
    read: async (name, output, signal) => {
      const size = await sizeOf(name, signal);
      const before = writtenTo(output);
      await runRclone(rclone, ["cat", remote(rclone, name)], { output, signal });
      if (before !== null) requireWhole(name, size, (writtenTo(output) ?? 0) - before);
    },
    readBack: async (name, signal) => {
      const size = await sizeOf(name, signal);
      const hash = createHash("sha256");
      const words = ["cat", remote(rclone, name)];
      const { bytes } = await runRclone(rclone, words, { output: (piece) => hash.update(piece), signal });
      requireWhole(name, size, bytes);
      return hash.digest("hex");
    },
    remove: async (names, signal) => {
      for (const name of names) {
        try {
          await run(["deletefile", remote(rclone, name)], signal);
        } catch (error) {
          const isGone = error instanceof StoreError && error.kind === "absent";
          if (!isGone || (await store.list(signal)).some((entry) => entry.name === name)) throw error;
        }
      }
    },
    freeBytes: async (signal) => {
      const text = await run(["about", "--json", remote(rclone)], signal).catch((error: unknown) => {
        if (error instanceof StoreError && /doesn't support about|not supported/i.test(error.message))
          return "{}";
        throw error;
      });
      return z.parse(z.object({ free: z.optional(z.int()) }), JSON.parse(text)).free ?? null;
    },
    probe: (signal) => {
      const inParts = rclone.options.chunk_size === undefined ? {} : probeParts;
      const trying = rcloneStore({ ...rclone, options: { ...rclone.options, ...inParts } });
      return probed(trying, signal, probeBytes);
    },
  };
  return store;
}

/**
 * The same, for a run that writes: the directory of the copies is made where it is not there. A bucket never is: that is
 * a right that no copy needs, and a misspelt one would be made too.
 */
export async function writableStore(rclone: Rclone, signal: AbortSignal): Promise<Store> {
  const store = rcloneStore(rclone);
  try {
    await store.list(signal);
  } catch (error) {
    // Of a store that is down, mkdir would say something else.
    if (!(error instanceof StoreError) || error.kind !== "absent") throw error;
    await runRclone(rclone, ["mkdir", remote(rclone)], { signal });
  }
  return store;
}

/** Changes with the file's content. */
function identityOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

/** How many bytes a descriptor's file has; null if it is no file. */
function writtenTo(descriptor: number): number | null {
  const status = fstatSync(descriptor);
  return status.isFile() ? status.size : null;
}
