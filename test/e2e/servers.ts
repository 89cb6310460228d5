import type { SandboxServer } from "../sandbox/sandbox-server.ts";
import { type SandboxOptions, startServer } from "../sandbox/server.ts";
import type { StackConfiguration } from "../sandbox/stack.ts";
import { printed } from "./deployment.ts";

/** Starts servers with their own Node, for stacks with `runtime: system`. */
export function startServers(...servers: readonly SandboxOptions[]): Promise<SandboxServer[]> {
  return Promise.all(
    servers.map(async (options) => {
      const server = await startServer({ database: "empty", ...options });
      await server.run(`ln -s ${server.node} /usr/local/bin/node`);
      return server;
    }),
  );
}

/** The part of the configuration for such servers. */
export const environment: StackConfiguration = {
  databases: { curriculum_library_api: {} },
  runtime: "system",
  verification: false,
};

/** The entry of a server, for any key. */
export function entryOf(
  { alias, sshConfig, container, dataDirectory }: SandboxServer,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  const databases = { curriculum_library_api: { container, dataDirectory } };
  // A login may take long on a machine that runs many tests at once.
  return { host: alias, sshConfig, connectTimeout: "60s", databases, ...changes };
}

/** The whole configuration of a stack with these servers, each with its alias as its key. */
export function configurationOf(...servers: readonly SandboxServer[]): StackConfiguration {
  return {
    ...environment,
    servers: Object.fromEntries(servers.map((server) => [server.alias, entryOf(server)])),
  };
}

/**
 * Everything that a deployment could have touched on a server: two equal texts mean that nothing was written,
 * not even with the same bytes. Left out is the log, to which cron's status check may write at any time.
 */
export async function traces(server: SandboxServer): Promise<string> {
  const places = "/root /opt /etc/cron.d /etc/logrotate.d /var/lib /var/spool/cron";
  const common = "%p %y %i %m %u %g";
  const look = `find ${places} -xdev -not -name backup_database.log \\
    \\( -type d -printf '${common}\\n' -o -printf '${common} %s %T@ %l\\n' \\) 2>/dev/null | sort`;
  return printed(await server.run(look));
}

/** Our files on a server with their sha256, without owners and times. */
export async function contents(server: SandboxServer): Promise<string> {
  const places = "/root/*.sh /root/*.txt /opt/database-backups /etc/cron.d /etc/logrotate.d";
  return printed(
    await server.run(`find ${places} -type f -exec sha256sum {} + 2>/dev/null | sort -k2; true`),
  );
}

/** A resource in a stack's state. */
export interface StateResource {
  urn: string;
  id?: string;
  /** Its replacement was created, and its deletion is pending. */
  delete?: boolean;
  outputs?: Record<string, unknown>;
}

/** The resources of a server in the state by URN, without the values that every look renews. */
export function resourcesOf(state: string, key: string): StateResource[] {
  const { deployment }: { deployment: { resources?: StateResource[] } } = JSON.parse(state);
  return (deployment.resources ?? [])
    .filter(({ urn }) => new RegExp(`::${key}(-[a-z-]+)?$`).test(urn) && !urn.endsWith("-readiness"))
    .map(({ urn, id = "", delete: pending = false, outputs = {} }) => ({ urn, id, delete: pending, outputs }))
    .sort((a, b) => (`${a.urn} ${a.id}` < `${b.urn} ${b.id}` ? -1 : 1));
}

/** The notes of a server without that about other PostgreSQL containers, because sandboxes share Docker. */
export const ownNotes = (notes: readonly string[] = []): string[] =>
  notes.filter((note) => !note.includes("PostgreSQL also runs in"));
