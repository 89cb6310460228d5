import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../infra/local-machine/places.ts";
import { docker, label, ourContainers, removeContainers, tryDocker } from "./docker.ts";
import { sshDirectory } from "./ssh-files.ts";

/** Takes away everything that one sandbox server is made of; no error if it is not there. */
export async function removeServer(number: number): Promise<void> {
  await removeContainers(await ourContainers(number));
  await removeVolumes(`${label}=${number}`);
  rmSync(sshDirectory(number), { recursive: true, force: true });
}

/** Takes away every sandbox server; with `images`, also the images made for them. */
export async function removeEverything(images: boolean): Promise<void> {
  await removeContainers(await ourContainers());
  await removeVolumes(label);
  rmSync(join(cacheDirectory, "sandbox"), { recursive: true, force: true });
  if (!images) return;
  const ids = await docker(["images", "--quiet", "--filter", `label=${label}=image`]);
  const unique = [...new Set(ids.split("\n").filter(Boolean))];
  if (unique.length > 0) await tryDocker(["rmi", "--force", ...unique]);
}

/** The numbers of the servers that are there, running or not. */
export function knownServers(): number[] {
  try {
    const names = readdirSync(join(cacheDirectory, "sandbox")).map(Number);
    return names.filter((number) => number > 0).sort((a, b) => a - b);
  } catch {
    return [];
  }
}

async function removeVolumes(filter: string): Promise<void> {
  const names = await docker(["volume", "ls", "--quiet", "--filter", `label=${filter}`]);
  for (const name of names.split("\n").filter(Boolean)) await docker(["volume", "rm", "--force", name]);
}
