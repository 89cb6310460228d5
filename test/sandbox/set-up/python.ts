import { execute, isInstalled } from "../../../infra/local-machine/command.ts";
import { installPackages, mayInstallPackages } from "../../../infra/local-machine/debian.ts";

/** Makes sure of a `python3` with pip, which is all that is used of it. */
export async function ensurePip(): Promise<void> {
  if ((await isInstalled("python3")) && (await execute(["python3", "-m", "pip", "--version"])).code === 0)
    return;
  if (!mayInstallPackages())
    throw new Error("`python3 -m pip` does not work here. Install Python's pip and try again.");
  await installPackages("python3-pip");
}
