import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { cacheDirectory, projectNode, repository } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { docker } from "../docker.ts";

const architectures: Record<string, string> = {
  amd64: "x64",
  x86_64: "x64",
  arm64: "arm64",
  aarch64: "arm64",
};

/** The project's Node as a binary for the machine on which Docker runs its containers. */
export async function linuxNode(): Promise<{ path: string; version: string }> {
  const manifest: unknown = JSON.parse(
    readFileSync(join(repository, "node_modules", "node", "package.json"), "utf8"),
  );
  const version = String((manifest as { version?: unknown }).version);
  const reported = await docker(["version", "--format", "{{.Server.Arch}}"]);
  const architecture = architectures[reported] ?? reported;
  if (process.platform === "linux" && process.arch === architecture) return { path: projectNode, version };
  const name = `node-linux-${architecture}`;
  const directory = join(cacheDirectory, `${name}-${version}`);
  const path = join(directory, "package", "bin", "node");
  if (!existsSync(path)) {
    await step(`Fetching Node ${version} for linux-${architecture}`, name, async (options) => {
      const partial = `${directory}.${process.pid}`;
      mkdirSync(partial, { recursive: true });
      const file = await succeed(
        ["npm", "pack", "--silent", `${name}@${version}`, "--pack-destination", partial],
        options,
      );
      await succeed(["tar", "-xzf", join(partial, file), "-C", partial], options);
      renameSync(partial, directory);
    });
  }
  return { path, version };
}
