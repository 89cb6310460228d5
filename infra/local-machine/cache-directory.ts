import { homedir } from "node:os";
import { join } from "node:path";

/** Where set-up keeps what is dear to make: below XDG_CACHE_HOME, or ~/.cache. */
export const cacheDirectory = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "database-backups",
);
