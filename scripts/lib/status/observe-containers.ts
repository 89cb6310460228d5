import * as z from "zod/mini";
import { DockerMounts, mountsOf } from "../../contract/persistence.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { runChild } from "../system/child.ts";
import { containerName, dockerFailure } from "../system/docker.ts";
import type { ContainerState, Observed, Unreadable } from "./observation.ts";

// Only these fields are asked for: the container's environment holds passwords.
const format =
  '{"name":{{json .Name}},"status":{{json .State.Status}},"startedAt":{{json .State.StartedAt}},' +
  '"restarts":{{.RestartCount}},"exitCode":{{.State.ExitCode}},"outOfMemory":{{.State.OOMKilled}},' +
  '"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}null{{end}},"mounts":{{json .Mounts}}}';

const Inspection = z.object({
  name: z.string(),
  status: z.string(),
  startedAt: z.string(),
  restarts: z.int(),
  exitCode: z.int(),
  outOfMemory: z.boolean(),
  health: z.nullable(z.string()),
  mounts: DockerMounts,
});

/** The states of containers by name, from one call of `docker inspect`; absent ones are null. */
export async function observeContainers(
  names: readonly string[],
  options: { timeoutSeconds: number; signal: AbortSignal },
): Promise<Observed<ReadonlyMap<string, ContainerState | null>> | Unreadable> {
  try {
    const argv = ["container", "inspect", "--format", format, ...new Set(names)];
    const { code, stdout, stderr } = await runChild("docker", argv, options);
    // If one container is missing, Docker still prints the others.
    const failure = code === 0 ? null : dockerFailure("", stderr);
    if (code !== 0 && failure?.kind !== "container-missing") {
      return { readable: false, reason: stderr.trim().split("\n")[0] ?? "" };
    }
    const states = new Map<string, ContainerState | null>(names.map((name) => [name, null]));
    for (const line of stdout.split("\n").filter((text) => text !== "")) {
      const inspected = z.parse(Inspection, JSON.parse(line));
      const name = containerName(inspected.name);
      if (states.has(name)) states.set(name, stateOf(inspected));
    }
    return { readable: true, value: states };
  } catch (error) {
    options.signal.throwIfAborted();
    const reason = systemCode(error) === "ENOENT" ? "the docker command is not on PATH" : messageOf(error);
    return { readable: false, reason };
  }
}

function stateOf({ mounts, startedAt, name: _, ...state }: z.infer<typeof Inspection>): ContainerState {
  return { ...state, startedAt: new Date(startedAt), mounts: mountsOf(mounts) };
}
