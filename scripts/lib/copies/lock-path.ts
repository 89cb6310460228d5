import { join } from "node:path";
import type { Settings } from "../../contract/settings.ts";

/** One lock per store. No database's key has a dash, so that no database's lock has this name. */
export const storeLockPath = (settings: Settings, store: string): string =>
  join(settings.paths.locks, `store-${store}.lock`);
