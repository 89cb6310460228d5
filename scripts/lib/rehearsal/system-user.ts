import { statSync } from "node:fs";
import { ProgramError } from "../base/errors.ts";
import type { RestoreRun } from "../restore/run.ts";
import { runDocker } from "../system/docker.ts";

/** The user that PostgreSQL runs as in a container, in the form of `docker exec --user`. */
export interface SystemUser {
  name: string;
  /** By number, if the image does not know the name; null if unknown. */
  otherwise: string | null;
}

/** Only a superuser may read a file of the server. Others get an empty answer. */
const statusQuery = `select case when current_setting('is_superuser') = 'on'
  then $$select pg_catalog.pg_read_file('/proc/self/status', 0, 10000)$$ else $$select ''$$ end \\gexec`;

/** User and group of the live server's processes, within its container; null if unknown. */
async function ownIds(run: RestoreRun): Promise<string | null> {
  const { server, signal } = run;
  try {
    return idsIn(await server.until(signal).query(statusQuery));
  } catch (error) {
    if (signal.aborted || !(error instanceof ProgramError)) throw error;
    return null;
  }
}

/** The effective user and group in /proc/PID/status. */
export function idsIn(status: string): string | null {
  const effective = (key: string) => new RegExp(`^${key}:\\s*\\d+\\s+(\\d+)`, "m").exec(status)?.[1];
  const user = effective("Uid");
  const group = effective("Gid");
  return user === undefined || group === undefined || user === "0" ? null : `${user}:${group}`;
}

const isRoot = (user: string): boolean => /^(root|0)?(:|$)/.test(user);

/**
 * The user that the server of the live container runs as: by its processes, else by the container's start user, else
 * postgres, to which the entrypoint of most images changes, or the owner of the data.
 * @throws DockerError, InterruptedError
 */
export async function findSystemUser(run: RestoreRun): Promise<SystemUser> {
  const ids = await ownIds(run);
  if (ids !== null) return { name: ids, otherwise: null };
  const { container, dataDirectory } = run.database;
  const argv = ["container", "inspect", "--format", "{{.Config.User}}", container];
  const options = { timeoutSeconds: run.settings.timeouts.query, signal: run.signal };
  const configured = (await runDocker(container, argv, options)).stdout.trim();
  if (!isRoot(configured)) return { name: configured, otherwise: null };
  const owner = statSync(dataDirectory, { throwIfNoEntry: false });
  return {
    name: "postgres",
    otherwise: owner === undefined || owner.uid === 0 ? null : `${owner.uid}:${owner.gid}`,
  };
}
