import {
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { PulumiCliError } from "../../../infra/pulumi-cli/cli-error.ts";
import {
  cachedPulumi,
  ensurePulumi,
  makePulumi,
  pulumiPrograms,
  pulumiVersion,
  vouchFor,
  withPulumi,
} from "../../../infra/pulumi-cli/pulumi-cli.ts";
import { ensureGo, goEnvironment } from "./go.ts";

const recipes = join(import.meta.dirname, "..", "pulumi-cli");

/** No debugging symbols; and the version, without which the CLI does not know its own. */
const linkerFlags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pulumiVersion}`;

/** By the name of the executable, which is also the folder of its go.mod. */
const packages = {
  pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  "pulumi-language-nodejs": "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
} as const satisfies Record<(typeof pulumiPrograms)[number], string>;

/**
 * `environment` with the Pulumi CLI on PATH, also on machines that reach package registries alone: where the release
 * cannot be downloaded, the CLI is built from its Go modules (some minutes, once) and put where a downloaded one would
 * be, so that the program finds it too.
 */
export async function withSandboxPulumi(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<NodeJS.ProcessEnv> {
  // What was built here before anybody vouched for a CLI.
  if (existsSync(join(cachedPulumi(), "pulumi")) && !isDownloaded()) vouchFor(cachedPulumi());
  try {
    await ensurePulumi(environment);
  } catch (error) {
    if (!(error instanceof PulumiCliError) || error.kind !== "unavailable") throw error;
    await makePulumi(build);
  }
  await withLock(join(cacheDirectory, "pulumi-host.lock"), async () => giveOptionsToHost());
  return withPulumi(environment);
}

const host = "pulumi-language-nodejs";
/** Where the built one goes when a script takes its place. */
export const builtHost = "built-language-nodejs";

/**
 * The language host that is built from Go modules is older than the CLI, which no longer gives it the runtime's options
 * of Pulumi.yaml as arguments: it would load TypeScript for every run. A script in its place gives it that option; the
 * CLI wants the host beside itself, and warns of any other on PATH.
 */
function giveOptionsToHost(): void {
  const [path, built] = [join(cachedPulumi(), host), join(cachedPulumi(), builtHost)];
  if (!existsSync(path) || isDownloaded()) return;
  if (!existsSync(built)) linkSync(path, built);
  else if (readFileSync(path).equals(script)) return;
  const fresh = `${path}.fresh`;
  writeFileSync(fresh, script, { mode: 0o755 });
  renameSync(fresh, path);
}

/** Beside the one that is built, wherever both were copied to. */
const script = Buffer.from(`#!/bin/sh\nexec "\${0%/*}/${builtHost}" -typescript=false "$@"\n`);

/** A release has the hosts of all languages. */
const isDownloaded = (): boolean => globSync("pulumi-language-*", { cwd: cachedPulumi() }).length > 1;

/** Builds the CLI below `directory`. The Go caches are taken away afterwards: they are over 2 GB. */
async function build(directory: string): Promise<string> {
  await removeUnfinished();
  const work = mkdtempSync(join(cacheDirectory, "pulumi-build-"));
  const env = { ...goEnvironment, GOMODCACHE: join(work, "modules"), GOCACHE: join(work, "objects") };
  const built = join(directory, "cli");
  mkdirSync(built);
  try {
    for (const name of pulumiPrograms) {
      const what = `Building ${name} from its Go modules (some minutes, once)`;
      await step(what, `build-${name}`, async (options) => {
        const go = await ensureGo(join(work, "toolchain"), options);
        const flags = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", linkerFlags];
        const output = ["-o", join(built, name), packages[name]];
        await succeed([go, "build", ...flags, ...output], { ...options, cwd: join(recipes, name), env });
      });
    }
  } finally {
    await removeTree(work);
  }
  return built;
}

/** What a build that was killed has left; who calls it holds the lock. */
async function removeUnfinished(): Promise<void> {
  for (const name of globSync("pulumi-build-??????", { cwd: cacheDirectory }))
    await removeTree(join(cacheDirectory, name));
}

/** Also what Go's module cache has made read-only. */
async function removeTree(directory: string): Promise<void> {
  await execute(["chmod", "-R", "u+w", directory]);
  rmSync(directory, { recursive: true, force: true });
}
