import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { syncToDisk } from "../local-machine/atomic-file.ts";
import { execute } from "../local-machine/command.ts";
import { withLock } from "../local-machine/lock.ts";
import { cacheDirectory, repository } from "../local-machine/places.ts";
import { step } from "../local-machine/steps.ts";
import { fetchRelease, pulumiRelease } from "./release.ts";

/** The release that is downloaded if PATH has no suitable one. */
export const pulumiVersion = "3.248.0";
/** The first release whose exit code 7 reports changes. */
const oldestMinor = 227;

/** The executables that make up a CLI. */
export const pulumiPrograms = ["pulumi", "pulumi-language-nodejs"] as const;

/** Where the downloaded one is kept. */
export const cachedPulumi = (cache = cacheDirectory): string => join(cache, `pulumi-${pulumiVersion}`);

/**
 * The marker in the directory of a CLI that was compared with its publisher's checksums. Older versions compared
 * nothing.
 */
const proof = (cached: string): string => join(cached, "vouched-for");

/** Marks that the CLI in the directory may be run. */
export const vouchFor = (cached: string): void => writeFileSync(proof(cached), "");

const isKept = (cached: string): boolean => existsSync(join(cached, "pulumi")) && existsSync(proof(cached));

/**
 * The directory to put on PATH for a Pulumi CLI that is new enough, or null where the environment's PATH has one.
 * @throws PulumiCliError if there is none and none can be downloaded
 */
export async function ensurePulumi(environment: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  if (await isNewEnough(environment)) return null;
  await makePulumi((directory) =>
    step(`Downloading the Pulumi CLI ${pulumiVersion}`, "pulumi-download", () =>
      fetchRelease(pulumiRelease(pulumiVersion), directory),
    ),
  );
  return cachedPulumi();
}

/**
 * Installs a CLI, unless there is one: one process at a time, and completely or not at all.
 * @param make puts it into a directory below the empty one that it is given, as it may be run, and gives its path
 */
export async function makePulumi(
  make: (directory: string) => Promise<string>,
  cache = cacheDirectory,
): Promise<void> {
  const cached = cachedPulumi(cache);
  if (isKept(cached)) return;
  await withLock(join(cache, "pulumi.lock"), async () => {
    if (isKept(cached)) return;
    mkdirSync(cache, { recursive: true });
    // The remains of a killed run.
    for (const name of globSync("pulumi-*.partial-??????", { cwd: cache }))
      rmSync(join(cache, name), { recursive: true, force: true });
    const partial = mkdtempSync(`${cached}.partial-`);
    try {
      const made = await make(partial);
      vouchFor(made);
      rmSync(cached, { recursive: true, force: true });
      renameSync(made, cached);
      syncToDisk(cache);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
}

/** The compile cache of Node for programs that Pulumi runs: it saves half of a program's start. */
const compiled = join(repository, ".cache", "compiled");

/** `environment` with the Pulumi CLI on PATH, and with settings that make programs start faster. */
export async function withPulumi(environment: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  const directory = await ensurePulumi(environment);
  const PATH = directory === null ? environment.PATH : `${directory}:${environment.PATH ?? ""}`;
  return { NODE_COMPILE_CACHE: compiled, ...environment, PATH };
}

/** Whether PATH has a complete, suitable CLI. */
export async function isNewEnough(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const look = `for name; do command -v "$name" > /dev/null || exit; done; pulumi version`;
  const { stdout } = await execute(["/bin/sh", "-c", look, "sh", ...pulumiPrograms], { env: environment });
  const [major = 0, minor = 0] = stdout.trim().replace(/^v/, "").split(".").map(Number);
  return major > 3 || (major === 3 && minor >= oldestMinor);
}
