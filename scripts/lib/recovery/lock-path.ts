import { join } from "node:path";
import type { Settings } from "../../contract/settings.ts";

/** One file per database; backup, restore and pruning of a database share it. */
export const lockPath = (settings: Settings, database: string): string =>
  join(settings.paths.locks, `${database}.lock`);
