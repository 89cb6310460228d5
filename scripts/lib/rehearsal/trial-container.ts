import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { removeContainer } from "../recovery/container-removal.ts";
import type { RestoreRun } from "../restore/run.ts";
import { DockerError, dockerFailure } from "../system/docker.ts";
import type { SystemUser } from "./system-user.ts";

/** The mount point of the volume that holds the whole rehearsal. */
export const trialDirectory = "/rehearsal";

/**
 * The directory of PostgreSQL's socket. Root must reach it too, although it has no capability to bypass permissions
 * here. The image's own PGHOST would point clients to the live server's socket directory.
 */
export const socketDirectory = "/rehearsal-socket";

/**
 * The container's main program waits for the end of its input. When the rehearsal ends, for whatever reason, the
 * program ends, and Docker removes the container with its volumes. Before that it gives the volume to PostgreSQL's user
 * ($1, or $2 by number if the image does not know it), adds a name for it because initdb needs one, and prints the
 * user.
 */
const waitForTheEnd = `set -eu
user=$1
known() { while IFS=: read -r name _ number _; do if [ "$name" = "$1" ] || [ "$number" = "$1" ]; then return 0; fi; done </etc/passwd; return 1; }
if [ -n "$2" ] && ! known "\${user%%:*}"; then user=$2; fi
chmod 700 ${trialDirectory}
chown "$user" ${trialDirectory}
mkdir -m 755 ${socketDirectory}
chown "$user" ${socketDirectory}
uid=\${user%%:*}
case $uid in
*[!0-9]*) ;;
*) if ! known "$uid"; then
     chmod u+w /etc/passwd
     gid=\${user#"$uid"}
     gid=\${gid#:}
     echo "database-backups:x:$uid:\${gid:-0}::${trialDirectory}:/bin/sh" >>/etc/passwd
   fi ;;
esac
echo "$user"
exec cat >/dev/null`;

/** Its limits: memory without swap, processes, no network, and the lowest priority for processors and memory. */
function runArguments(
  { database, runId, settings }: RestoreRun,
  name: string,
  image: string,
  user: SystemUser,
): string[] {
  const memory = `${settings.rehearsal.memoryBytes}b`;
  return [
    ...["run", "--rm", "--interactive", "--pull", "never", "--name", name],
    ...["--label", `database-backups.rehearsal=${database.name}`, "--label", `database-backups.run=${runId}`],
    ...[
      "--network",
      "none",
      "--cap-drop",
      "ALL",
      "--cap-add",
      "CHOWN",
      "--security-opt",
      "no-new-privileges",
    ],
    ...["--memory", memory, "--memory-swap", memory, "--oom-score-adj", "1000"],
    ...["--pids-limit", "256", "--cpu-shares", "128", "--volume", trialDirectory],
    ...["--env", `PGHOST=${socketDirectory}`],
    ...["--user", "0:0", "--entrypoint", "/bin/sh", image, "-c", waitForTheEnd],
    ...["sh", user.name, user.otherwise ?? ""],
  ];
}

/** A throw-away container, from its start to its end. */
export class TrialContainer {
  readonly name: string;
  readonly #run: RestoreRun;
  #child: ChildProcessWithoutNullStreams | null = null;
  #closed: Promise<void> = Promise.resolve();

  constructor(run: RestoreRun, name: string) {
    this.#run = run;
    this.name = name;
  }

  /**
   * Waits until the container prints that it runs.
   * @returns the system's user for PostgreSQL in it, in the form of `docker exec --user`.
   * @throws DockerError, InterruptedError; `remove` is due then too.
   */
  start(image: string, user: SystemUser): Promise<string> {
    const { signal } = this.#run;
    signal.throwIfAborted();
    // Detached from the terminal: its Ctrl-C reaches this program alone.
    const child = spawn("docker", runArguments(this.#run, this.name, image, user), {
      detached: true,
      stdio: "pipe",
    });
    this.#child = child;
    child.stdin.on("error", () => {});
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, 4096);
    });
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      child.stdout.once("data", (chunk: Buffer) => {
        signal.removeEventListener("abort", abort);
        resolve(chunk.toString().trim());
      });
      this.#closed = new Promise((close) => {
        const end = (error: Error) => {
          reject(error);
          close();
        };
        child.on("error", end);
        child.on("close", (code) => {
          const detail = errors.trim() || `docker run ended with status ${code}`;
          end(dockerFailure(this.name, errors) ?? new DockerError("failed", this.name, detail));
        });
      });
    });
  }

  /** Ends the container and waits until it and its volumes are gone. Cannot be interrupted. @throws DockerError */
  async remove(): Promise<void> {
    const timeoutSeconds = this.#run.settings.timeouts.query;
    this.#child?.stdin.end();
    await Promise.race([this.#closed, sleep(timeoutSeconds * 1000, undefined, { ref: false })]);
    // If the daemon hangs, it would never end by itself, and this program would not end either.
    this.#child?.kill("SIGKILL");
    await removeContainer(this.name, { timeoutSeconds });
  }
}
