import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";

/**
 * A directory of the cache that is made once, by one process at a time. Gives its path.
 * @param make fills a directory, which gets its name when all is in it
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const path = join(cacheDirectory, name);
  if (existsSync(path)) return path;
  return withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return path;
    mkdirSync(cacheDirectory, { recursive: true });
    const partial = mkdtempSync(`${path}.`);
    try {
      await make(partial);
      renameSync(partial, path);
      return path;
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
}
