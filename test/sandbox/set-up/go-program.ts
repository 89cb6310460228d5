import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, isInstalled, succeed } from "../../../infra/local-machine/command.ts";
import { mayInstallPackages } from "../../../infra/local-machine/debian.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { messageOf } from "../../../scripts/contract/error-text.ts";
import { cached } from "./cached.ts";
import { ensureGo, goEnvironment } from "./go.ts";

/** A program whose go.mod and go.sum are in `test/sandbox/NAME`. */
export interface GoProgram {
  name: string;
  /** As go.mod has it. */
  version: string;
  package: string;
}

// Milliseconds after which the modules count as out of reach.
const downloadTimeout = 180_000;

/** This machine cannot have the program: it has no Go, or cannot reach the modules. */
export class GoUnavailable extends Error {
  override readonly name = "GoUnavailable";
}

/**
 * A program that is built once from its Go modules and kept in the cache directory. Gives its path.
 * @throws GoUnavailable
 */
export async function ensureGoProgram(program: GoProgram): Promise<string> {
  const { name, version } = program;
  const folder = `${name}-${version}`;
  const isThere = existsSync(join(cacheDirectory, folder));
  if (!isThere && !(await isInstalled("go")) && !mayInstallPackages())
    throw new GoUnavailable(`${name} is built by Go, which is neither installed nor may be installed here`);
  return join(await cached(folder, (directory) => build(program, directory)), name);
}

async function build(program: GoProgram, directory: string): Promise<void> {
  const { name, version } = program;
  const work = mkdtempSync(join(cacheDirectory, "build-"));
  const env = { ...goEnvironment, GOMODCACHE: join(work, "modules"), GOCACHE: join(work, "objects") };
  try {
    await step(`Building ${name} ${version} from its Go modules (once)`, `build-${name}`, async (log) => {
      const options = { ...log, cwd: join(import.meta.dirname, "..", name), env };
      let go: string;
      try {
        go = await ensureGo(join(work, "toolchain"), log);
        await succeed([go, "mod", "download"], { ...options, timeout: downloadTimeout });
      } catch (error) {
        throw new GoUnavailable(`${name}'s Go modules cannot be had here: ${messageOf(error)}`);
      }
      const output = ["-o", join(directory, name), program.package];
      await succeed([go, "build", "-v", "-trimpath", "-ldflags", "-s -w", ...output], options);
    });
  } finally {
    await execute(["chmod", "-R", "u+w", work]); // Go's module cache is read-only
    rmSync(work, { recursive: true, force: true });
  }
}
