import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../infra/local-machine/command.ts";
import { cacheDirectory } from "../../infra/local-machine/places.ts";

const version = "20.20.0";

/** A directory for PATH that only has `node` 20, fetched once from the package registry. */
export async function oldNodeDirectory(): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = join(cacheDirectory, `${name}-${version}`);
  if (!existsSync(directory)) {
    const partial = `${directory}.${process.pid}`;
    mkdirSync(partial, { recursive: true });
    const argv = ["npm", "pack", "--silent", `${name}@${version}`, "--pack-destination", partial];
    await succeed(["tar", "-xzf", join(partial, await succeed(argv)), "-C", partial]);
    renameSync(partial, directory);
  }
  return join(directory, "package", "bin");
}
