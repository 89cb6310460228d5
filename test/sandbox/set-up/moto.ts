import { join } from "node:path";
import { succeed } from "../../../infra/local-machine/command.ts";
import { step } from "../../../infra/local-machine/steps.ts";
import { cached } from "./cached.ts";
import { ensurePip } from "./python.ts";

/** As requirements.txt of the recipe has it. */
const version = "5.2.5";
const requirements = join(import.meta.dirname, "..", "moto", "requirements.txt");

/** An S3 server in Python that does not check what a client says of its bytes. Gives the directory of its modules. */
export async function ensureMoto(): Promise<string> {
  await ensurePip();
  // Some of its modules are compiled for one version of Python.
  const python = await succeed(["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
  return cached(`moto-${version}-python-${python}`, (directory) =>
    step(`Fetching moto ${version}`, "moto", async (options) => {
      const wanted = ["--no-compile", "--only-binary=:all:", "--requirement", requirements];
      await succeed(["python3", "-m", "pip", "install", "--target", directory, ...wanted], options);
    }),
  );
}
