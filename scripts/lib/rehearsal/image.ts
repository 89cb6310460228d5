import { ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { RestoreRun } from "../restore/run.ts";
import { DockerError, inspectContainer, runDocker } from "../system/docker.ts";

/**
 * The id of the image of the live container. The container need not run.
 * @throws DockerError; ProgramError if the image is gone.
 */
export async function imageOf(run: RestoreRun): Promise<string> {
  const { container } = run.database;
  const options = { timeoutSeconds: run.settings.timeouts.query, signal: run.signal };
  const { image } = await inspectContainer(container, options);
  const present = await runDocker(
    container,
    ["image", "inspect", "--format", "{{.Id}}", image],
    options,
  ).catch((error: unknown) => {
    if (error instanceof DockerError && error.kind === "failed") return null;
    throw error;
  });
  if (present?.code === 0) return image;
  throw new ProgramError(
    `the image of container ${container}, ${image}, is no longer on this server; pull it and recreate the container [DBK-REHEARSAL-4]`,
    ExitCode.unavailable,
  );
}
