import { setTimeout } from "node:timers/promises";
import { docker, label, tryDocker } from "./docker.ts";
import { executeIn, succeedIn } from "./inside.ts";

export const databaseName = "curriculum_library_api_production";
export const databaseUser = "curriculum_library_api";

/**
 * The environment of the database's container, as in a Kamal configuration; TCP is not trusted even inside the
 * container.
 */
export const initialEnvironment = environmentFor("--encoding=UTF8 --locale=en_US.utf8");

/** The same for a server that is initialised otherwise. */
export function environmentFor(initdbArguments: string): string[] {
  return [
    `POSTGRES_USER=${databaseUser}`,
    `POSTGRES_DB=${databaseName}`,
    "POSTGRES_PASSWORD=sandbox",
    `POSTGRES_INITDB_ARGS=${initdbArguments} --auth-host=scram-sha-256 --auth-local=trust`,
  ];
}

const waitSeconds = 60;

export interface DatabaseContainer {
  container: string;
  image: string;
  /** The directory on the Docker host that is mounted for the data. */
  dataDirectory: string;
  /** Where it is mounted. */
  mount: string;
  environment: string[];
  number: number;
}

/** Starts the container, making it if it is not there, and waits until it answers. */
export async function startDatabase(database: DatabaseContainer): Promise<void> {
  await startContainer(database);
  await waitForDatabase(database.container);
}

/** Starts the container, making it if it is not there; what runs in it may answer much later. */
export async function startContainer(database: DatabaseContainer): Promise<void> {
  const started = await tryDocker(["start", database.container]);
  if (started.code !== 0) await runDatabase(database);
}

/** Clean shutdown, as `docker stop` does it. */
export async function stopDatabase(container: string): Promise<void> {
  await docker(["stop", "--time", "30", container]);
}

/** Runs SQL by psql over the container's own socket; gives the unaligned rows. Throws with psql's words. */
export function runSql(container: string, sql: string, database = databaseName): Promise<string> {
  const psql = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", databaseUser, "-d", database];
  return succeedIn(container, psql, { input: sql });
}

/**
 * Waits for the real server: while the image's first start prepares the directory, a temporary one answers on the
 * socket.
 */
export async function waitForDatabase(container: string): Promise<void> {
  const isReal = 'test $(head -1 "$PGDATA/postmaster.pid") = 1 && pg_isready -q -U "$1" -d "$2"';
  for (let waited = 0; waited < waitSeconds * 10; waited++) {
    const ready = await executeIn(container, ["sh", "-c", isReal, "sh", databaseUser, databaseName]);
    if (ready.code === 0) return;
    const state = await tryDocker(["inspect", "--format", "{{.State.Running}}", container]);
    if (state.stdout.trim() !== "true") break;
    await setTimeout(100);
  }
  const logs = await tryDocker(["logs", "--tail", "20", container]);
  throw new Error(
    `The database in ${container} does not answer; its log ends:\n${logs.stdout}${logs.stderr}`,
  );
}

async function runDatabase(database: DatabaseContainer): Promise<void> {
  const environment = database.environment.flatMap((entry) => ["--env", entry]);
  await docker([
    ...["run", "--detach", "--name", database.container, "--network", "none"],
    ...["--label", `${label}=${database.number}`, "--shm-size", "64m", ...environment],
    ...["--volume", `${database.dataDirectory}:${database.mount}`, database.image],
  ]);
}
