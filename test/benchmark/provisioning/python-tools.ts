import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execute, succeed } from "../../../infra/local-machine/command.ts";
import { installPackages, mayInstallPackages } from "../../../infra/local-machine/debian.ts";
import { withLock } from "../../../infra/local-machine/lock.ts";
import { cacheDirectory } from "../../../infra/local-machine/places.ts";
import { step } from "../../../infra/local-machine/steps.ts";

export const pythonTools = { "ansible-core": "2.19.14", pyinfra: "3.10.0" } as const;

const versions = Object.entries(pythonTools).map(([name, version]) => `${name}==${version}`);
const directory = join(cacheDirectory, `benchmark-${versions.join("-").replaceAll("==", "-")}`);

/** The directory of the commands of Ansible and pyinfra, in a virtual environment in the cache directory. */
export async function ensurePythonTools(): Promise<string> {
  const commands = join(directory, "bin");
  if (existsSync(join(directory, "whole"))) return commands;
  await withLock(`${directory}.lock`, async () => {
    if (existsSync(join(directory, "whole"))) return;
    rmSync(directory, { recursive: true, force: true });
    await makeEnvironment();
    await step(`Installing ${versions.join(" and ")}`, "python-tools", (options) =>
      succeed([join(commands, "pip"), "install", "--quiet", ...versions], options),
    );
    // The commands contain the path of their environment, so it cannot be built elsewhere and moved.
    writeFileSync(join(directory, "whole"), "");
  });
  return commands;
}

async function makeEnvironment(): Promise<void> {
  const make = ["python3", "-m", "venv", directory];
  const made = await execute(make).catch(() => ({ code: 127 }));
  if (made.code === 0) return;
  if (!mayInstallPackages()) {
    throw new Error(
      "`python3 -m venv` does not work here. Install it (Debian and Ubuntu: apt-get install python3-venv) and try again.",
    );
  }
  await installPackages("python3-venv");
  await succeed(make);
}
