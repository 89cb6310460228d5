import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Connection, sshArguments } from "../../connection.ts";

const run = promisify(execFile);

/**
 * Which sshd a login meets first: the jump host's or the server's own, by what the person's ssh_config says (`ssh -G`,
 * which connects to nothing). Connections for which that cannot be told are all on one way, the empty text.
 */
export async function wayOf(connection: Connection): Promise<string> {
  try {
    const { stdout } = await run("ssh", ["-G", ...sshArguments(connection)]);
    return wayIn(stdout);
  } catch {
    // The login itself will say what is wrong.
    return "";
  }
}

/** The way in what `ssh -G` prints. */
export function wayIn(configuration: string): string {
  const settings = new Map(
    configuration.split("\n").map((line) => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const proxy = settings.get("proxyjump") ?? settings.get("proxycommand");
  if (proxy !== undefined) return `by ${proxy}`;
  const { hostname, port } = { hostname: settings.get("hostname"), port: settings.get("port") };
  return hostname === undefined || port === undefined ? "" : `${hostname}:${port}`;
}
