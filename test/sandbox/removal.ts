import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../infra/local-machine/places.ts";
import { docker, keptLabel, label, ourContainers, removeContainers, tryDocker } from "./docker.ts";
import { holdNumber, releaseNumber } from "./numbers.ts";
import { sshDirectory } from "./ssh-files.ts";

/** Takes away everything that one sandbox server is made of; no error if it is not there. */
export async function removeServer(number: number): Promise<void> {
  await removeContainers(await ourContainers(number));
  await removeVolumes(`${label}=${number}`);
  rmSync(sshDirectory(number), { recursive: true, force: true });
}

/** Takes away the servers of processes that have ended; not those that were started to stay. */
export async function removeLeftovers(): Promise<void> {
  const kept = await keptServers();
  for (const number of await knownServers()) if (!kept.has(number)) await removeUnheld(number);
}

/**
 * Takes away every sandbox server but those that belong to another process, and gives the numbers of these. With
 * `images`, also the images made for them, if no server is left.
 */
export async function removeEverything(images: boolean): Promise<number[]> {
  const left: number[] = [];
  for (const number of await knownServers()) if (!(await removeUnheld(number))) left.push(number);
  if (left.length > 0) return left;
  await removeContainers(await ourContainers());
  await removeVolumes(label);
  rmSync(join(cacheDirectory, "sandbox"), { recursive: true, force: true });
  if (!images) return [];
  const ids = await docker(["images", "--quiet", "--filter", `label=${label}=image`]);
  const unique = [...new Set(linesOf(ids))];
  if (unique.length > 0) await tryDocker(["rmi", "--force", ...unique]);
  return [];
}

/** The numbers of the servers that are there, running or not, whole or in part. */
export async function knownServers(): Promise<number[]> {
  const format = ["--format", `{{.Label "${label}"}}`, "--filter", `label=${label}`];
  const containers = await docker(["ps", "--all", ...format]);
  const volumes = await docker(["volume", "ls", ...format]);
  const numbers = [...linesOf(containers), ...linesOf(volumes), ...directories()].map(Number);
  return [...new Set(numbers)].filter((number) => number > 0).sort((a, b) => a - b);
}

/** The numbers of the servers that stay when the process that started them ends. */
export async function keptServers(): Promise<ReadonlySet<number>> {
  const format = `{{.Label "${label}"}}`;
  const numbers = await docker(["ps", "--all", "--filter", `label=${keptLabel}`, "--format", format]);
  return new Set(linesOf(numbers).map(Number));
}

/** Nobody can take the number while its server is taken away. False when it belongs to another process. */
async function removeUnheld(number: number): Promise<boolean> {
  if (!(await holdNumber(number))) return false;
  try {
    await removeServer(number);
    return true;
  } finally {
    releaseNumber(number);
  }
}

function directories(): string[] {
  try {
    return readdirSync(join(cacheDirectory, "sandbox"));
  } catch {
    return [];
  }
}

async function removeVolumes(filter: string): Promise<void> {
  const names = await docker(["volume", "ls", "--quiet", "--filter", `label=${filter}`]);
  for (const name of linesOf(names)) await docker(["volume", "rm", "--force", name]);
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");
