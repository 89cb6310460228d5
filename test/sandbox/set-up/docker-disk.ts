import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { say } from "../../../infra/local-machine/steps.ts";

/**
 * The file system of the Docker daemon that we start: a file on the machine's own. Sandboxes make and remove databases,
 * of a thousand files each, all the time. ext4 without a journal, which cloud machines have, looks at every inode that
 * was removed within five seconds before it makes a new one: a copy of a server's data takes 1.2 s of processor time
 * there and 0.08 s here. Its content is worth nothing, so that no write waits for the disk.
 */

const image = join(cacheDirectory, "docker.img");
const directory = join(cacheDirectory, "docker");
/** Only what is written takes room. */
const size = "40G";
const options = "loop,noatime,barrier=0,noinit_itable";

/** Mounts it, making it if it is not there; null where this machine can have none. */
export async function mountDockerDisk(): Promise<string | null> {
  if (await isMounted()) return directory;
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  if (existsSync(image) && (await mount())) return directory;
  // There is none yet, or a crash of the machine has damaged it.
  rmSync(image, { force: true });
  try {
    await succeed(["truncate", "--size", size, image]);
    await succeed(["mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard,lazy_itable_init=1", image]);
    if (await mount()) return directory;
  } catch {
    // As where there are no loop devices.
  }
  rmSync(image, { force: true });
  say("  without a file system of its own, which would be faster");
  return null;
}

/** Gives what was removed in it back to the machine. */
export async function unmountDockerDisk(): Promise<void> {
  if (!(await isMounted())) return;
  await execute(["fstrim", directory]);
  await execute(["umount", directory]);
}

const mount = async (): Promise<boolean> =>
  (await execute(["mount", "-t", "ext4", "-o", options, image, directory])).code === 0;

const isMounted = async (): Promise<boolean> => (await execute(["mountpoint", "-q", directory])).code === 0;
