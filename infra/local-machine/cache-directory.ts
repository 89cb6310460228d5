import { homedir } from "node:os";
import { join } from "node:path";

/** The directory for downloads and logs of the set-up: below XDG_CACHE_HOME, or ~/.cache. */
export const cacheDirectory = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "database-backups",
);
