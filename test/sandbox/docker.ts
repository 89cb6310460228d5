import {
  type CommandOptions,
  type CommandResult,
  execute,
  succeed,
} from "../../infra/local-machine/command.ts";

/** Everything the sandbox makes in Docker carries this label; nothing without it is ever touched. */
export const label = "database-backups.sandbox";

/** On the containers of servers that stay when the process that started them ends. */
export const keptLabel = `${label}.kept`;

/** Runs the Docker CLI; a failure is a CommandError. */
export function docker(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  return succeed(["docker", ...argv], options);
}

/** Runs the Docker CLI; a failure is left to the caller. */
export function tryDocker(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return execute(["docker", ...argv], options);
}

/** Where the daemon's socket lies on the Docker host, to be mounted into a server. */
export function socketPath(): string {
  const host = process.env.DOCKER_HOST ?? "";
  return host.startsWith("unix://") ? host.slice("unix://".length) : "/var/run/docker.sock";
}

/** Ids of our containers, running or not; of one server, or of all. */
export async function ourContainers(number?: number): Promise<string[]> {
  const filter = number === undefined ? label : `${label}=${number}`;
  const ids = await docker(["ps", "-aq", "--no-trunc", "--filter", `label=${filter}`]);
  return ids.split("\n").filter(Boolean);
}

export async function removeContainers(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const removed = await tryDocker(["rm", "--force", "--volumes", ...ids]);
  const left = removed.stderr
    .split("\n")
    .filter((line) => line && !/No such container|already in progress/.test(line));
  if (removed.code !== 0 && left.length > 0)
    throw new Error(`Docker could not remove ${ids.join(" ")}: ${left.join("; ")}`);
}
