import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execute, isInstalled, succeed } from "../../../infra/local-machine/command.ts";
import { mayInstallPackages } from "../../../infra/local-machine/debian.ts";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { messageOf } from "../../../scripts/contract/error-text.ts";
import { ensureGo, goEnvironment } from "./go.ts";

/** As go.mod of the recipe has it. */
const version = "1.7.12";
const recipe = join(import.meta.dirname, "..", "actionlint");
// Milliseconds after which the modules count as out of reach.
const downloadTimeout = 180_000;
const cached = join(cacheDirectory, `actionlint-${version}`);

/** actionlint, or why this machine cannot have it. */
export type Actionlint = { path: string } | { reason: string };

/** The linter of GitHub's workflows, built once from its Go modules and kept in the cache directory. */
export async function ensureActionlint(): Promise<Actionlint> {
  const path = join(cached, "actionlint");
  if (existsSync(path)) return { path };
  if (!(await isInstalled("go")) && !mayInstallPackages())
    return { reason: "actionlint is built by Go, which is neither installed nor may be installed here" };
  return withLock(join(cacheDirectory, "actionlint.lock"), async () => {
    if (existsSync(path)) return { path };
    mkdirSync(cacheDirectory, { recursive: true });
    const partial = mkdtempSync(`${cached}.`);
    try {
      const reason = await build(partial);
      if (reason !== null) return { reason };
      renameSync(partial, cached);
      return { path };
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
}

/** Builds it into `directory`, or gives the reason why its modules or a Go for them cannot be had. */
async function build(directory: string): Promise<string | null> {
  const work = mkdtempSync(join(cacheDirectory, "build-"));
  const env = { ...goEnvironment, GOMODCACHE: join(work, "modules"), GOCACHE: join(work, "objects") };
  try {
    return await step(
      `Building actionlint ${version} from its Go modules (once)`,
      "build-actionlint",
      async (log) => {
        const options = { ...log, cwd: recipe, env };
        let go: string;
        try {
          go = await ensureGo(join(work, "toolchain"), log);
          await succeed([go, "mod", "download"], { ...options, timeout: downloadTimeout });
        } catch (error) {
          return `actionlint's Go modules cannot be had here: ${messageOf(error)}`;
        }
        const output = ["-o", join(directory, "actionlint"), "github.com/rhysd/actionlint/cmd/actionlint"];
        await succeed([go, "build", "-trimpath", "-ldflags", "-s -w", ...output], options);
        return null;
      },
    );
  } finally {
    await execute(["chmod", "-R", "u+w", work]); // Go's module cache is read-only
    rmSync(work, { recursive: true, force: true });
  }
}
