import * as z from "zod/mini";
import { DockerError, runDocker } from "../docker.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import type { RestoreRun } from "../restore/run.ts";

/**
 * The id of the image that the live container was made of; the container need not run.
 * @throws DockerError; ProgramError when the image is gone.
 */
export async function imageOf(run: RestoreRun): Promise<string> {
  const { container } = run.database;
  const options = { timeoutSeconds: run.settings.timeouts.query, signal: run.signal };
  const format = '{"name":{{json .Name}},"image":{{json .Image}}}';
  const found = await runDocker(container, ["container", "inspect", "--format", format, container], options);
  if (found.code !== 0) throw new DockerError("failed", container, found.stderr.trim());
  const { name, image } = z.parse(
    z.object({ name: z.string(), image: z.string() }),
    JSON.parse(found.stdout),
  );
  // Docker also accepts the beginning of another container's id.
  if (name !== `/${container}`) throw new DockerError("container-missing", container, "");
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
    `the image of container ${container}, ${image}, is not on this server any more; pull it and make the container anew`,
    ExitCode.unavailable,
  );
}
