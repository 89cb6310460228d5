import type { DatabaseSettings } from "../settings.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import type { RestoreSource } from "./source.ts";

/** `150018` → 15; before version 10 the first two numbers were the major version, which no supported server has. */
const major = (versionNumber: number): number => Math.floor(versionNumber / 10_000);

type Refusal = [kind: "bad-file" | "obstacle", reason: string];

/** Why this file cannot go into this server; null when it can. */
function versionRefusal(source: RestoreSource, server: LiveServer): Refusal | null {
  if (source.majorVersion !== null && source.majorVersion > major(server.versionNumber)) {
    return [
      "bad-file",
      `${source.path} was made by PostgreSQL ${source.majorVersion} and the server is ${server.version}: a dump cannot go back to an older major version; update the container's image first`,
    ];
  }
  return null;
}

const roleRefusal = (server: LiveServer, { user }: DatabaseSettings): Refusal | null =>
  server.superuser
    ? null
    : ["obstacle", `${user} is no superuser, and only a superuser can bring owners and grants back`];

/** What hinders a database from being renamed. */
function replacementRefusal(server: LiveServer, database: DatabaseSettings): Refusal | null {
  const place = `${database.database} in container ${database.container}`;
  const obstacles: [boolean, string][] = [
    [
      server.preparedTransactions.length > 0,
      `${place} has prepared transactions (${server.preparedTransactions.join(", ")}); COMMIT PREPARED or ROLLBACK PREPARED them first`,
    ],
    [
      server.logicalSlots.length > 0,
      `${place} has logical replication slots (${server.logicalSlots.join(", ")}), which cannot follow to another database; drop them first`,
    ],
    [
      server.subscriptions > 0,
      `${place} subscribes to another server's changes; drop its subscriptions first`,
    ],
  ];
  const reason = obstacles.find(([applies]) => applies)?.[1];
  return reason === undefined ? null : ["obstacle", reason];
}

/**
 * @param replaces whether the live database is to make room for the restored one.
 * @throws RestoreError when the file cannot go into this server, or the database cannot be replaced.
 */
export function refuseUnfit(
  source: RestoreSource,
  server: LiveServer,
  database: DatabaseSettings,
  replaces: boolean,
): void {
  const refusal = versionRefusal(source, server) ?? roleRefusal(server, database);
  if (refusal !== null) throw new RestoreError(...refusal);
  if (replaces) refuseReplacing(server, database);
}

/** @throws RestoreError when the live database cannot be renamed. */
export function refuseObstacles(server: LiveServer, database: DatabaseSettings): void {
  const refusal = roleRefusal(server, database);
  if (refusal !== null) throw new RestoreError(...refusal);
  refuseReplacing(server, database);
}

function refuseReplacing(server: LiveServer, database: DatabaseSettings): void {
  const refusal = replacementRefusal(server, database);
  if (refusal !== null) throw new RestoreError(...refusal);
}
