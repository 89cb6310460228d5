import type { DirectoryEntry } from "./entries.ts";

/**
 * The seam of stores: where the files of backups lie. `localDirectory` is the directory of backups on this machine.
 * test/unit/scripts/store/store-suite.ts holds what each implementation has to keep of this contract.
 *
 * - A file has a name without a slash, in any language and with spaces, and bytes. There is nothing else to a store: no
 *   folders, no rename, no lock.
 * - `put` sends a file of this machine, never a stream, and puts it in the place of what has the name. When it throws,
 *   or its program is killed, the name may stand for the old content, for part of the new one, or for nothing. So a copy
 *   counts when `readBack` says that it is what was put, and not before.
 * - `readBack` reads what the store holds, every byte of it, and believes no digest that the store or a sender tells.
 * - What is absent is an error to `read` and `readBack`, never an empty file; `remove` is content with it.
 * - `list` gives every file, in the order of names, or throws. It never gives some of them, and none only if it is known
 *   that there are none.
 * - `remove` takes files in the order given and stops at the first that stays. What it has removed stays away after a
 *   power cut.
 * - All but `probe` throw an Error if they cannot do their work, and end soon after their signal was aborted, with its
 *   reason. None of them waits for ever, and none tries again: when and how often is up to the caller. No message holds
 *   what opens the store.
 */
export interface Store extends RemovableFiles {
  list(signal?: AbortSignal): Promise<DirectoryEntry[]>;
  /** @throws Error also if the file changes while it is sent. */
  put(path: string, name: string, signal?: AbortSignal): Promise<void>;
  /** Writes a file's bytes to a descriptor. What was written before it threw is worth nothing. */
  read(name: string, output: number, signal?: AbortSignal): Promise<void>;
  /** @returns the sha256 of what is stored, in lower-case hexadecimal digits */
  readBack(name: string, signal?: AbortSignal): Promise<string>;
  /** What may still be put; null where the store does not say. */
  freeBytes(signal?: AbortSignal): Promise<number | null>;
  /** Tries all of this with a file of its own, which it takes away again if it can. Never throws. */
  probe(signal?: AbortSignal): Promise<Probed>;
}

/** The part of a store that retention needs. */
export interface RemovableFiles {
  remove(names: readonly string[], signal?: AbortSignal): Promise<void>;
}

export interface Probed {
  /** Why backups cannot be kept there; null when they can. */
  problem: string | null;
  /** Whether a file could be removed. Where nothing on this machine is to remove any, that it can is the problem. */
  removes: boolean;
}
