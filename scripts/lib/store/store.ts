import type { DirectoryEntry } from "./entries.ts";

/**
 * The seam of stores: the places for the files of backups. `localDirectory` is the directory of backups on this
 * machine. Every implementation must pass test/unit/scripts/store/store-suite.ts, which tests this contract.
 *
 * - A file is a name and bytes. The name has no slash, and may have spaces and any letters. A store has nothing else:
 *   no folders, no rename, no lock.
 * - `put` sends a file of this machine, never a stream, and replaces a file of the same name. If it throws, or its
 *   program is killed, the name may stand for the old content, for part of the new one, or for nothing. So a copy
 *   counts only after `readBack` has confirmed it.
 * - `readBack` reads every byte that the store holds, and trusts no digest from the store or a sender.
 * - An absent file is an error for `read` and `readBack`, never an empty file. For `remove` it is none.
 * - `list` returns all files, sorted by name, or throws. It never returns a part, and an empty list only if the store
 *   is known to be empty.
 * - `remove` removes files in the given order and stops at the first failure. A removed file stays removed after a
 *   power cut.
 * - All but `probe` throw an Error if they fail, and end soon after their signal is aborted, with its reason. None of
 *   them waits for ever, and none retries: that is up to the caller. No message contains a secret of the store.
 */
export interface Store extends RemovableFiles {
  list(signal?: AbortSignal): Promise<DirectoryEntry[]>;
  /** @throws Error also if the file changes while it is sent. */
  put(path: string, name: string, signal?: AbortSignal): Promise<void>;
  /** Writes a file's bytes to a descriptor. If it throws, the bytes written so far are worthless. */
  read(name: string, output: number, signal?: AbortSignal): Promise<void>;
  /** @returns the sha256 of what is stored, in lower-case hexadecimal digits */
  readBack(name: string, signal?: AbortSignal): Promise<string>;
  /** The free space; null if the store does not report it. */
  freeBytes(signal?: AbortSignal): Promise<number | null>;
  /** Tries all of this with a file of its own, and removes the file again if possible. Never throws. */
  probe(signal?: AbortSignal): Promise<Probed>;
}

/** The part of a store that retention needs. */
export interface RemovableFiles {
  remove(names: readonly string[], signal?: AbortSignal): Promise<void>;
}

export interface Probed {
  /** Why backups cannot be kept there; null if they can. */
  problem: string | null;
  /** Whether a file could be removed. If this machine must not be able to remove files, success is the problem. */
  removes: boolean;
}
