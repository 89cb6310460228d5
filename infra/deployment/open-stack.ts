import { messageOf } from "../../scripts/contract/error-text.ts";
import { succeed } from "../local-machine/command.ts";
import { withProjectNode } from "../local-machine/places.ts";
import { withPulumi } from "../pulumi-cli/pulumi-cli.ts";
import { chooseBackend } from "./backend.ts";
import { DeploymentError } from "./errors.ts";
import { loadAutomation, PulumiStack } from "./pulumi-stack.ts";
import type { Asking } from "./questions.ts";

/**
 * Installs the Pulumi CLI if necessary and logs in to the backend of the state. A preview does not log in: it uses a
 * private stack if there is no login yet. Changes this process's environment.
 * @param directory the one with Pulumi.yaml
 * @param before rejects if the deployment is interrupted
 * @returns the stack, which is not selected yet
 * @throws DeploymentError
 */
export async function openStack(
  { request, talk, store }: Asking,
  directory: string,
  before: <T>(work: Promise<T>) => Promise<T>,
): Promise<PulumiStack> {
  const automation = loadAutomation();
  automation.catch(() => {});
  const backend = await chooseBackend(process.env, store.file, request.local, talk);
  try {
    Object.assign(process.env, await before(withPulumi(withProjectNode())), backend.environment);
    if (backend.login !== null && !request.dryRun)
      await succeed(["pulumi", "login", backend.login, "--non-interactive"]);
  } catch (error) {
    throw error instanceof DeploymentError
      ? error
      : new DeploymentError("failed", messageOf(error), "Then run the same command again.", { cause: error });
  }
  const stack = new PulumiStack(await automation, request.stack, directory, backend.environment);
  if (backend.login !== null && request.dryRun) stack.tryOnly();
  return stack;
}
