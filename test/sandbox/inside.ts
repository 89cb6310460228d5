import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, type CommandOptions, type CommandResult } from "../../infra/local-machine/command.ts";
import { docker, tryDocker } from "./docker.ts";

/** A container's first process, by which its namespaces are entered. */
interface Init {
  pid: number;
  /** In the kernel's ticks since the boot: a number that was given to another process has another. */
  startedAt: string;
  directory: string;
  /** `NAME=VALUE`. */
  environment: string[];
  /** The capabilities that a process in it may have at most, as setpriv names them. */
  capabilities: string;
}

/**
 * Node gives its children sockets, which cannot be opened by name, and in which bash sees a login from afar: without
 * `--norc` it may read this user's ~/.bashrc first, which takes ten times as long as what it is to do.
 */
const withPipe = ["bash", "--norc", "-c", 'exec "$@" < <(exec cat)', "bash"] as const;

const inits = new Map<string, Init>();

/**
 * Runs a command in a running container, as `docker exec -i` does. Root on the machine that Docker runs on enters the
 * container itself: tests ask their servers thousands of questions, and Docker's way takes nine times as long.
 * As with Docker, what it has started goes on when this process ends, and ends with the container.
 */
export async function executeIn(
  container: string,
  argv: readonly string[],
  options: Pick<CommandOptions, "input"> = {},
): Promise<CommandResult> {
  const init = await initOf(container);
  if (init === null) return tryDocker(["exec", "-i", container, ...argv], options);
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root"];
  const enter = [
    "nsenter",
    "--target",
    `${init.pid}`,
    ...namespaces,
    `--wd=/proc/${init.pid}/root${init.directory}`,
  ];
  const limit = ["setpriv", `--bounding-set=${init.capabilities}`, "--inh-caps=-all", "--"];
  return enterBy(
    [...enter, "--", "setsid", ...limit, "env", "-i", ...init.environment, ...argv],
    options.input,
  );
}

/** Waits for the command's end alone: what it has started goes on, with its output in hand. */
async function enterBy(argv: readonly string[], input: string | Buffer = ""): Promise<CommandResult> {
  const directory = mkdtempSync(join(tmpdir(), "inside-"));
  const [out, err] = [join(directory, "out"), join(directory, "err")];
  const files = [out, err].map((path) => openSync(path, "a"));
  try {
    const [shell, ...words] = withPipe;
    const child = spawn(shell, [...words, ...argv], { stdio: ["pipe", ...files] });
    child.stdin?.on("error", () => {}); // the command may end without reading its input
    child.stdin?.end(input);
    const ended = await once(child, "exit");
    const [code, signal] = ended as [number | null, NodeJS.Signals | null];
    const printed = { stdout: readFileSync(out, "utf8"), stderr: readFileSync(err, "utf8") };
    return { code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], ...printed };
  } finally {
    for (const file of files) closeSync(file);
    rmSync(directory, { recursive: true });
  }
}

/** As {@link executeIn}, but any exit code other than 0 is a {@link CommandError}. Gives what was printed, trimmed. */
export async function succeedIn(
  container: string,
  argv: readonly string[],
  options: Pick<CommandOptions, "input"> = {},
): Promise<string> {
  const result = await executeIn(container, argv, options);
  if (result.code !== 0) throw new CommandError([`${container}:`, ...argv], result);
  return result.stdout.trim();
}

/** Null where Docker has to be asked: this is not root, or not the machine, or the container does not run. */
async function initOf(container: string): Promise<Init | null> {
  if (process.getuid?.() !== 0 || !/^(unix:|$)/.test(process.env.DOCKER_HOST ?? "")) return null;
  const known = inits.get(container);
  if (known !== undefined && startOf(known.pid) === known.startedAt) return known;
  inits.delete(container);
  const format = "{{if and .State.Running (not .State.Paused)}}{{.State.Pid}}{{end}} {{json .Config}}";
  const [, pid, config] =
    /^(\d+) (.*)$/s.exec(
      await docker(["container", "inspect", "--format", format, container]).catch(() => ""),
    ) ?? [];
  const startedAt = startOf(Number(pid));
  if (config === undefined || startedAt === null) return null;
  const {
    Env,
    Hostname,
    WorkingDir,
    User,
  }: Record<"Hostname" | "WorkingDir" | "User", string> & { Env: string[] } = JSON.parse(config);
  const capabilities = capabilitiesOf(Number(pid));
  if (User !== "" || capabilities === null || !existsSync(`/proc/${pid}/root/usr/bin/setpriv`)) return null;
  const init = {
    pid: Number(pid),
    startedAt,
    directory: WorkingDir || "/",
    environment: [`HOSTNAME=${Hostname}`, "HOME=/root", ...Env],
    capabilities,
  };
  inits.set(container, init);
  return init;
}

/** When the process was started; null where there is none. */
function startOf(pid: number): string | null {
  try {
    // The name, in brackets, may have anything in it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[19] ?? null;
  } catch {
    return null;
  }
}

function capabilitiesOf(pid: number): string | null {
  const hex = /^CapBnd:\s*(?<hex>[0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.groups?.hex;
  if (hex === undefined) return null;
  const bits = BigInt(`0x${hex}`).toString(2).split("").reverse();
  return ["-all", ...bits.flatMap((bit, index) => (bit === "1" ? [`+cap_${index}`] : []))].join(",");
}
