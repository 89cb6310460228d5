import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { docker } from "../../sandbox/docker.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";
import { ensureImages } from "../../sandbox/set-up/set-up.ts";

/** Installs Python on a server, because Ansible needs it and the sandbox's image has none. */
export async function installPython(server: SandboxServer): Promise<void> {
  const packages = await pythonPackages();
  await server.copyIn(packages, "/packages");
  const { code, stderr } = await server.run(
    "apt-get install --yes --no-install-recommends /packages/*.deb >/dev/null && rm -r /packages",
  );
  if (code !== 0) throw new Error(`Python cannot be installed on ${server.alias}: ${stderr}`);
}

/** A directory with Debian's packages of Python and the dependencies that the image lacks; fetched once. */
async function pythonPackages(): Promise<string> {
  const { server: image } = await ensureImages();
  const directory = join(cacheDirectory, `benchmark-python-${image.split(":").at(-1)}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cacheDirectory, { recursive: true });
  const partial = mkdtempSync(`${directory}.`);
  const fetching = [
    "mkdir -p /packages/partial",
    "apt-get update",
    "apt-get install --yes --no-install-recommends --download-only -o Dir::Cache::archives=/packages python3",
    "rm -rf /packages/partial /packages/lock",
  ].join(" && ");
  try {
    await step("Fetching Debian's Python for servers", "server-python", (options) =>
      docker(
        [
          ...["run", "--rm", "--network", "host", "--volume", `${partial}:/packages`],
          ...["--entrypoint", "sh", image, "-c", fetching],
        ],
        options,
      ),
    );
    renameSync(partial, directory);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return directory;
}
