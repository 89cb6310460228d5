import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import * as z from "zod/mini";
import { DockerError, dockerFailure, runDocker } from "../docker.ts";
import { ProgramError } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { query } from "../psql.ts";
import { questionOptions, type RestoreRun } from "../restore/run.ts";
import type { RestoreSource } from "../restore/source.ts";
import { restoredBytes } from "../restore/space-check.ts";
import { identifier } from "../sql.ts";
import { removeContainer, trialContainerName } from "./container-removal.ts";
import { freeIn, usedIn } from "./disk-usage.ts";
import type { LiveFacts } from "./live-facts.ts";
import type { Place } from "./place.ts";
import {
  bootstrapUser,
  emptyClusterBytes,
  rolesScript,
  tablespaces,
  trialServerSettings,
} from "./trial-server.ts";

const directory = "/rehearsal";

/**
 * The container's main program waits for the end of its input: it ends, and Docker removes it with its volumes, as soon
 * as the rehearsal is gone, however that happened.
 */
const waitForTheEnd = `set -eu
chmod 700 ${directory}
chown postgres ${directory}
echo ready
exec cat >/dev/null`;

/** Debian's packages keep initdb off PATH; the official images do not. */
const startPostgres = `set -eu
command -v initdb >/dev/null || for bin in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
  if [ -x "$bin/initdb" ]; then PATH="$bin:$PATH"; fi
done
cd ${directory}
{
  initdb --pgdata=data --username="$1" --auth=trust --no-sync --encoding=UTF8 --locale=C &&
  cat >>data/postgresql.conf &&
  pg_ctl --pgdata=data --log=log --wait --timeout=300 start
} >>log 2>&1 || { tail -n 3 log >&2; exit 1; }`;

/** The id of the image that a container was made of; the container need not run. */
async function imageOf(run: RestoreRun): Promise<string> {
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

/** Bounds: its memory without swap, its processes, and the last place in the queue for processors. */
function runArguments(run: RestoreRun, name: string, image: string): string[] {
  const { database, runId, settings } = run;
  const { memoryBytes } = settings.rehearsal;
  return [
    ...["run", "--rm", "--interactive", "--pull", "never", "--name", name],
    ...["--label", `database-backups.rehearsal=${database.name}`, "--label", `database-backups.run=${runId}`],
    ...["--network", "none", "--cap-drop", "ALL", "--cap-add", "CHOWN", "--cap-add", "SETUID"],
    ...["--cap-add", "SETGID", "--security-opt", "no-new-privileges", "--restart", "no"],
    ...["--memory", `${memoryBytes}b`, "--memory-swap", `${memoryBytes}b`, "--oom-score-adj", "1000"],
    ...["--pids-limit", "256", "--cpu-shares", "128", "--volume", directory],
    ...["--user", "0:0", "--entrypoint", "/bin/sh", image, "-c", waitForTheEnd],
  ];
}

/**
 * Starts a server of the live container's image in a throw-away container, with the backup's roles.
 * @param rolesSql the backup's roles file; null where it has none.
 * @throws DockerError, PsqlError, ProgramError, InterruptedError; nothing is left then.
 */
export async function containerPlace(
  run: RestoreRun,
  source: RestoreSource,
  rolesSql: string | null,
  properties: Place["properties"],
  live: LiveFacts | null,
): Promise<Place> {
  const { database, settings, signal } = run;
  const image = await imageOf(run);
  const container = trialContainerName(database, run.runId);
  const user = bootstrapUser(source.manifest, database.user);
  // Detached from the terminal: its Ctrl-C reaches this program alone.
  const child = spawn("docker", runArguments(run, container, image), { detached: true, stdio: "pipe" });
  child.stdin.on("error", () => {});
  const trial = { ...run, database: { ...database, container, user } };
  const maintenance = database.database === "postgres" ? "template1" : "postgres";
  const timeoutSeconds = settings.timeouts.query;
  const bounded = (asking: AbortSignal) => ({ timeoutSeconds, signal: asking });
  const place: Place = {
    run: trial,
    name: database.database,
    maintenance,
    properties,
    rolesRestored: rolesSql !== null,
    needed: restoredBytes(source) + emptyClusterBytes,
    used: (asking) => usedIn(container, directory, bounded(asking)),
    free: (asking) => freeIn(container, directory, bounded(asking)),
    remove: async () => {
      child.stdin.end();
      await removeContainer(container, { timeoutSeconds });
    },
  };
  try {
    await ready(child, container, signal);
    const inContainer = async (argv: string[], input?: string) => {
      const interactive = input === undefined ? [] : ["--interactive"];
      const exec = ["exec", ...interactive, "--user", "postgres", container, ...argv];
      const result = await runDocker(container, exec, { signal, ...(input === undefined ? {} : { input }) });
      if (result.code === 0) return;
      throw new ProgramError(
        `no server of the image of ${database.container} could be started: ${result.stderr.trim()}`,
        ExitCode.failed,
      );
    };
    const conf = trialServerSettings(settings.rehearsal.memoryBytes, source.manifest, live);
    await inContainer(["sh", "-c", startPostgres, "sh", user], conf);
    const options = questionOptions(trial, maintenance, signal);
    if (maintenance === "template1") await query(trial.database, "DROP DATABASE postgres", options);
    const names = new Set([properties.tablespace, ...(live?.tablespaces ?? [])]);
    names.delete("pg_default");
    const { paths, sql } = tablespaces([...names], directory);
    if (paths.length > 0) {
      await inContainer(["mkdir", ...paths]);
      await query(trial.database, sql, options);
    }
    const roles = rolesSql === null ? namesOnly(live, user) : rolesScript(rolesSql, user);
    // An error message must not show a password's hash.
    await query(trial.database, `\\set VERBOSITY terse\n${roles}`, options);
    return place;
  } catch (error) {
    await place.remove();
    throw error;
  }
}

/** For a backup that never had a roles file: the live server's roles without anything that they may do. */
const namesOnly = (live: LiveFacts | null, user: string): string =>
  (live?.roles ?? [])
    .filter((role) => role !== user)
    .map((role) => `CREATE ROLE ${identifier(role)};`)
    .join("\n");

/** Waits for the container's own word that it runs. */
function ready(child: ChildProcessWithoutNullStreams, container: string, signal: AbortSignal): Promise<void> {
  let errors = "";
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    child.stderr.on("data", (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(0, 4096);
    });
    child.stdout.once("data", () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const detail = errors.trim() || `docker run ended with status ${code}`;
      reject(dockerFailure(container, errors) ?? new DockerError("failed", container, detail));
    });
  });
}
