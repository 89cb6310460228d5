import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker, label } from "../../sandbox/docker.ts";
import type { SandboxServer } from "../../sandbox/sandbox-server.ts";

/** Debian's packages that only measurements need, and the paths of their programs. */
const tools = { pigz: "/usr/bin/pigz", time: "/usr/bin/time" };

/**
 * Puts pigz and GNU time into a server. A container of the server's image gets them from Debian's packages: it has the
 * network of the machine, which the server need not have.
 */
export async function putTools({ number, serverContainer, copyIn }: SandboxServer): Promise<void> {
  const image = await docker(["inspect", "--format", "{{.Image}}", serverContainer]);
  const name = `${serverContainer}-tools`;
  const install = `apt-get -qq update && apt-get -qq install --yes --no-install-recommends ${Object.keys(tools).join(" ")}`;
  const directory = mkdtempSync(join(tmpdir(), "database-backups-tools-"));
  try {
    await docker([
      ...["run", "--name", name, "--label", `${label}=${number}`, "--network", "host"],
      ...["--entrypoint", "sh", image, "-c", install],
    ]);
    for (const [tool, path] of Object.entries(tools)) {
      await docker(["cp", `${name}:${path}`, join(directory, tool)]);
      await copyIn(join(directory, tool), path);
    }
    await docker(["rm", name]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
