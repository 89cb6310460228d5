import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, isInstalled, succeed } from "../local-machine/command.ts";
import { withLock } from "../local-machine/lock.ts";
import { cacheDirectory, repository } from "../local-machine/places.ts";
import { step } from "../local-machine/steps.ts";
import { ensureGo, goEnvironment } from "./go.ts";

const pulumiVersion = "3.248.0";
/** The first whose exit code 7 tells that there are changes. */
const oldestMinor = 227;

const cached = join(cacheDirectory, `pulumi-${pulumiVersion}`);
const recipes = import.meta.dirname;
const downloadTimeout = 180_000;
const probeTimeout = 8_000;

/** No debugging symbols; and the version, without which the CLI does not know its own. */
const linkerFlags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`;

/** Go programs that make up a CLI: folder of its go.mod, package, name of the executable. */
const programs = [
  { recipe: "pulumi", package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", name: "pulumi" },
  {
    recipe: "language-nodejs",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    name: "pulumi-language-nodejs",
  },
] as const;

/**
 * The directory to put on PATH for a Pulumi CLI that is new enough, or null where PATH has one: else the official
 * download, else one built from its Go modules; kept in the cache directory.
 */
export async function ensurePulumi(): Promise<string | null> {
  if (await isNewEnough()) return null;
  if (existsSync(join(cached, "pulumi"))) return cached;
  await withLock(join(cacheDirectory, "pulumi.lock"), async () => {
    if (existsSync(join(cached, "pulumi"))) return;
    await removeUnfinished();
    const partial = mkdtempSync(`${cached}.`);
    try {
      if (!(await download(partial))) await build(partial);
      renameSync(partial, cached);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return cached;
}

/** What Node compiles for a program that Pulumi runs, kept for the next time: half of a program's start. */
const compiled = join(repository, ".cache", "compiled");

/** `environment` with the Pulumi CLI on PATH, and with what makes programs start faster. */
export async function withPulumi(environment: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  const directory = await ensurePulumi();
  const PATH = directory === null ? environment.PATH : `${directory}:${environment.PATH ?? ""}`;
  return { NODE_COMPILE_CACHE: compiled, ...environment, PATH };
}

async function isNewEnough(): Promise<boolean> {
  for (const { name } of programs) if (!(await isInstalled(name))) return false;
  const { stdout } = await execute(["pulumi", "version"]);
  const [major = 0, minor = 0] = stdout.trim().replace(/^v/, "").split(".").map(Number);
  return major > 3 || (major === 3 && minor >= oldestMinor);
}

/** False where the download's host cannot be reached. */
async function download(directory: string): Promise<boolean> {
  const architecture = process.arch === "x64" ? "x64" : "arm64";
  const archive = `pulumi-v${pulumiVersion}-${process.platform}-${architecture}.tar.gz`;
  const url = `https://get.pulumi.com/releases/sdk/${archive}`;
  try {
    const probe = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(probeTimeout) });
    if (!probe.ok) return false;
  } catch {
    return false;
  }
  await step(`Downloading the Pulumi CLI ${pulumiVersion}`, "pulumi-download", async (options) => {
    const response = await fetch(url, { signal: AbortSignal.timeout(downloadTimeout) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const file = join(directory, archive);
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    await succeed(["tar", "-xzf", file, "-C", directory, "--strip-components=1"], options);
    rmSync(file);
  });
  return true;
}

/** What a run that was killed has left; who calls it holds the lock. */
async function removeUnfinished(): Promise<void> {
  mkdirSync(cacheDirectory, { recursive: true });
  const unfinished = globSync(["build-??????", "pulumi-*.??????"], { cwd: cacheDirectory });
  for (const name of unfinished) await removeTree(join(cacheDirectory, name));
}

/** Also what Go's module cache has made read-only. */
async function removeTree(directory: string): Promise<void> {
  await execute(["chmod", "-R", "u+w", directory]);
  rmSync(directory, { recursive: true, force: true });
}

/** The Go caches are taken away afterwards: they are over 2 GB. */
async function build(directory: string): Promise<void> {
  const work = mkdtempSync(join(cacheDirectory, "build-"));
  const env = { ...goEnvironment, GOMODCACHE: join(work, "modules"), GOCACHE: join(work, "objects") };
  try {
    for (const program of programs) {
      const what = `Building ${program.name} from its Go modules (some minutes, once)`;
      await step(what, `build-${program.name}`, async (options) => {
        const go = await ensureGo(join(work, "toolchain"), options);
        const flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags];
        const output = ["-o", join(directory, program.name), program.package];
        await succeed([go, "build", ...flags, ...output], {
          ...options,
          cwd: join(recipes, program.recipe),
          env,
        });
      });
    }
  } finally {
    await removeTree(work);
  }
}
