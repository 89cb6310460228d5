import * as z from "zod/mini";
import { messageOf, ProgramError, systemCode } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { type ChildOptions, type ChildResult, runChild } from "./child.ts";
import { type ContainerProgram, runInShell, type ShellOptions } from "./container-shell.ts";

export type DockerErrorKind =
  | "docker-missing"
  | "docker-unavailable"
  | "container-missing"
  | "container-stopped"
  | "command-missing"
  | "failed";

/** A Docker command failed; `kind` is the reason, `container` the container. */
export class DockerError extends ProgramError {
  override readonly name = "DockerError";
  readonly kind: DockerErrorKind;
  readonly container: string;
  constructor(kind: DockerErrorKind, container: string, detail: string, cause?: unknown) {
    super(explanations[kind](container, detail), ExitCode.unavailable, cause);
    this.kind = kind;
    this.container = container;
  }
}

const explanations: Record<DockerErrorKind, (container: string, detail: string) => string> = {
  "docker-missing": () => "the docker command is not on PATH; install Docker's command line [DBK-DOCKER-1]",
  "docker-unavailable": (_, detail) =>
    `Docker does not answer (${detail}); run: systemctl status docker [DBK-DOCKER-1]`,
  "container-missing": (name) => `there is no container ${name}; run: docker ps --all [DBK-DOCKER-2]`,
  "container-stopped": (name, detail) =>
    `container ${name} does not run (${detail}); run: docker start ${name} [DBK-DOCKER-3]`,
  "command-missing": (name, detail) =>
    `container ${name} lacks a PostgreSQL program (${detail}) [DBK-DOCKER-4]`,
  failed: (name, detail) => `docker failed for container ${name}: ${detail} [DBK-DOCKER-5]`,
};

/** Messages on stderr of Docker's command line when Docker failed, not the program in the container. */
const symptoms: readonly [RegExp, DockerErrorKind][] = [
  [/No such container|no container with name or ID/i, "container-missing"],
  [
    /is not running|is paused|is restarting|container .* is not started|container state improper/i,
    "container-stopped",
  ],
  [
    /executable file .*not found|no such file or directory: unknown|^sh: .*exec.*: not found$/im,
    "command-missing",
  ],
  [
    /Cannot connect to (the Docker daemon|Podman)|unable to connect to Podman|error during connect|permission denied.*docker|docker\.sock: /i,
    "docker-unavailable",
  ],
  [/Error response from daemon/i, "failed"],
];

/** Runs a program in a running container, never with a terminal. @throws DockerError, InterruptedError */
export async function runInContainer(
  container: string,
  program: ContainerProgram,
  options: ShellOptions = {},
): Promise<ChildResult> {
  const result = await ofDocker(container, () => runInShell(container, program, options));
  // Docker says in its own words that it cannot start a program.
  const isPlain = result === null || couldNotStart.has(result.code);
  return isPlain ? runAlone(container, program, options) : result;
}

/** The exit statuses of a shell for a program that is missing, or no program. */
const couldNotStart: ReadonlySet<number> = new Set([126, 127]);

/** As `runInContainer`, by a `docker exec` of its own, which can inherit and write to descriptors. */
export function runAlone(
  container: string,
  program: ContainerProgram,
  options: ChildOptions = {},
): Promise<ChildResult> {
  const argv = execArguments(container, program, options.input !== undefined);
  return runDocker(container, argv, { ...options, variables: program.secrets });
}

/** The arguments after `docker` for running a program in a container. */
export function execArguments(
  container: string,
  { argv, environment, secrets }: ContainerProgram,
  interactive: boolean,
): string[] {
  const variables = [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    // Without a value Docker takes it from its own environment. All users can see a command's arguments.
    ...Object.keys(secrets),
  ].flatMap((variable) => ["--env", variable]);
  return ["exec", ...(interactive ? ["--interactive"] : []), ...variables, container, ...argv];
}

// Only these fields are asked for: the container's environment holds passwords.
const inspectFormat = '{"name":{{json .Name}},"image":{{json .Image}},"running":{{json .State.Running}}}';

/** `image` is the image's id. */
const Inspection = z.object({ name: z.string(), image: z.string(), running: z.boolean() });

/** Docker puts a slash before the name, podman does not. */
export const containerName = (inspected: string): string => inspected.replace(/^\//, "");

/** @throws DockerError unless a container of exactly this name exists and runs. */
export async function requireRunning(name: string, options: ChildOptions = {}): Promise<void> {
  const { running } = await inspectContainer(name, options);
  if (!running) throw new DockerError("container-stopped", name, "it is stopped");
}

/** @throws DockerError unless a container of exactly this name exists. */
export async function inspectContainer(
  name: string,
  options: ChildOptions,
): Promise<z.infer<typeof Inspection>> {
  const result = await runDocker(name, ["container", "inspect", "--format", inspectFormat, name], options);
  if (result.code !== 0) throw new DockerError("failed", name, result.stderr.trim());
  const inspected = z.parse(Inspection, JSON.parse(result.stdout));
  // Docker also accepts the beginning of another container's id.
  if (containerName(inspected.name) !== name) throw new DockerError("container-missing", name, "");
  return inspected;
}

/**
 * Runs Docker's command line for a container.
 * @throws DockerError if Docker itself failed, InterruptedError
 */
export const runDocker = (
  container: string,
  argv: readonly string[],
  options: ChildOptions,
): Promise<ChildResult> => ofDocker(container, () => runChild("docker", argv, options));

async function ofDocker<R extends ChildResult | null>(container: string, run: () => Promise<R>): Promise<R> {
  let result: R;
  try {
    result = await run();
  } catch (error) {
    if (systemCode(error) === "ENOENT")
      throw new DockerError("docker-missing", container, messageOf(error), error);
    throw error;
  }
  const failure = result === null || result.code === 0 ? null : dockerFailure(container, result.stderr);
  if (failure !== null) throw failure;
  return result;
}

/** The error for a message of Docker on stderr; null if the message is of the program in the container. */
export function dockerFailure(container: string, stderr: string): DockerError | null {
  const symptom = symptoms.find(([pattern]) => pattern.test(stderr));
  if (symptom === undefined) return null;
  return new DockerError(symptom[1], container, stderr.trim().split("\n")[0] ?? "");
}
