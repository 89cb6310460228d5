import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { CopiesState, copiesStateName } from "../../contract/copies.ts";
import type { Manifest } from "../../contract/manifest.ts";
import type { StoreSettings } from "../../contract/settings.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { replaceDurably } from "../system/durable-file.ts";
import type { Backup } from "./backups.ts";

/** What this server knows of its copies at a store. It can be made again from the store, so losing it loses nothing. */

/** A backup that was read back, with the manifest that says so. */
export interface GoodBackup extends Backup {
  manifest: Manifest;
}

type Place = Pick<StoreSettings, "name" | "options" | "path" | "type">;

/** Another bucket, account or directory under the same key is another place, without copies. */
export const placeOf = ({ options, path, type }: Place): string =>
  [
    type,
    options.user ?? "",
    options.endpoint ?? options.url ?? options.host ?? options.account ?? "",
    options.port ?? "",
    path,
  ].join(" ");

export const emptyState = (store: Place): CopiesState => ({
  version: 1,
  store: store.name,
  place: placeOf(store),
  listedAt: null,
  copies: {},
  damaged: [],
});

export interface ReadState {
  state: CopiesState;
  /** Why what the file says does not count; null if it does, or if there is none yet. */
  problem: string | null;
}

/** Never throws: what cannot be read is not known. */
export function readState(directory: string, store: Place): ReadState {
  const path = join(directory, copiesStateName(store.name));
  try {
    const state = z.parse(CopiesState, JSON.parse(readFileSync(path, "utf8")));
    return state.place === placeOf(store)
      ? { state, problem: null }
      : { state: emptyState(store), problem: null };
  } catch (error) {
    const problem = systemCode(error) === "ENOENT" ? null : `${path}: ${messageOf(error)}`;
    return { state: emptyState(store), problem };
  }
}

/** @throws a system error */
export function writeState(directory: string, state: CopiesState): void {
  const path = join(directory, copiesStateName(state.store));
  const temporary = `${path}~`;
  try {
    replaceDurably(path, temporary, `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
