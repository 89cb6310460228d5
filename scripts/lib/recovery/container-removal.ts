import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseSettings } from "../../contract/settings.ts";
import type { ChildOptions } from "../system/child.ts";
import { DockerError, runDocker } from "../system/docker.ts";

/** The name shows the database and run of a leftover. */
export const trialContainerName = ({ name }: DatabaseSettings, runId: string): string =>
  `database-backups-rehearsal-${name}-${runId}`;

const attempts = 50;
const pauseMilliseconds = 200;

/**
 * Removes a container with its volumes and waits until it is gone; nothing happens if there is none.
 * @throws DockerError, InterruptedError
 */
export async function removeContainer(name: string, options: ChildOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runDocker(name, ["rm", "--force", "--volumes", name], options);
      await runDocker(name, ["container", "inspect", "--format", "{{.Id}}", name], options);
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      if (error.kind === "container-missing") return;
      // Docker may be removing it already: it removes the container when that ends.
      if (attempt === attempts || error.kind !== "failed") throw error;
    }
    if (attempt === attempts) throw new DockerError("failed", name, "it is not removed");
    await sleep(pauseMilliseconds);
  }
}
