import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile } from "./sha256.ts";

// By sha256: many new servers need the same file at once.
const underWay = new Map<string, Promise<string>>();

/**
 * The path of the file with this sha256 in the directory `cache`, fetched unless it is there.
 * @param fetch is given an empty directory and returns the path of the file in it, whose sha256 it has compared
 */
export function keptFile(
  sha256: string,
  cache: string,
  fetch: (temporary: string) => Promise<string>,
): Promise<string> {
  const present = underWay.get(sha256);
  if (present) return present;
  const fetching = kept(sha256, cache, fetch).finally(() => underWay.delete(sha256));
  underWay.set(sha256, fetching);
  return fetching;
}

async function kept(
  sha256: string,
  cache: string,
  fetch: (temporary: string) => Promise<string>,
): Promise<string> {
  const path = join(cache, sha256);
  if (await hasSha256(path, sha256)) return path;
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "fetch-"));
  try {
    await rename(await fetch(temporary), path);
    return path;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Whether it is there and has this sha256. */
export const hasSha256 = (path: string, sha256: string): Promise<boolean> =>
  sha256OfFile(path)
    .then((found) => found === sha256)
    .catch(() => false);
