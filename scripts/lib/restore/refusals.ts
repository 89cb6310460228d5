import type { DatabaseSettings } from "../../contract/settings.ts";
import { undoing } from "../archive/format.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import { byHand, unprovable } from "./proof.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";

/** `150018` → 15; before version 10 the first two numbers were the major version, which no supported server has. */
const major = (versionNumber: number): number => Math.floor(versionNumber / 10_000);

type Refusal = [kind: "unfit-file" | "obstacle", reason: string];

/** Why this file cannot be restored into this server; null if it can. */
function versionRefusal(source: RestoreSource, server: LiveServer): Refusal | null {
  if (source.majorVersion !== null && source.majorVersion > major(server.versionNumber)) {
    return [
      "unfit-file",
      `${source.path} is of PostgreSQL ${source.majorVersion}, newer than the server's ${server.version}; update the container's image [DBK-RESTORE-2]`,
    ];
  }
  return null;
}

const roleRefusal = (server: LiveServer, { user }: DatabaseSettings): Refusal | null =>
  server.superuser
    ? null
    : ["obstacle", `only a superuser can restore owners and grants; ${user} is not one [DBK-RESTORE-8]`];

/** The obstacle to renaming a database. */
function replacementRefusal(server: LiveServer, database: DatabaseSettings): Refusal | null {
  const place = `${database.database} in container ${database.container}`;
  const obstacles: [boolean, string][] = [
    [
      server.preparedTransactions.length > 0,
      `${place} has prepared transactions (${server.preparedTransactions.join(", ")}); COMMIT PREPARED or ROLLBACK PREPARED them`,
    ],
    [
      server.logicalSlots.length > 0,
      `${place} has logical replication slots (${server.logicalSlots.join(", ")}); drop them`,
    ],
    [server.subscriptions > 0, `${place} subscribes to another server; drop its subscriptions`],
  ];
  const reason = obstacles.find(([applies]) => applies)?.[1];
  return reason === undefined ? null : ["obstacle", `${reason} first [DBK-RESTORE-8]`];
}

/**
 * @param replaces whether the restored database replaces the live one.
 * @throws RestoreError if the file cannot be restored into this server, or the database cannot be replaced.
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

/**
 * pg_cron can exist only in the database that the server's settings name, and a restore fills a database of another
 * name. Once the live database is dropped, neither the file nor the pre-restore backup could be restored. The live
 * database is also not dropped for a file that no trial can prove.
 * @throws RestoreError if the live database must not be dropped.
 */
export function refuseDrop(
  source: RestoreSource,
  server: LiveServer,
  { database, settings }: Pick<RestoreRun, "database" | "settings">,
): void {
  const live = database.database;
  const { format, manifest } = source;
  const inFile = manifest?.content?.extensions.some(({ name }) => name === "pg_cron") ?? false;
  if (server.cronDatabase === live || inFile) {
    const why =
      server.cronDatabase === live
        ? `cron.database_name ties the extension pg_cron to ${live}`
        : "the backup has the extension pg_cron, tied to one database's name";
    throw new RestoreError(
      "obstacle",
      `${why}: a restore would lose it; restore by hand, with ${undoing(format)} and psql, into an empty ${live} [DBK-INPLACE-3]`,
    );
  }
  const unproven = unprovable(source, settings.manifest);
  if (unproven !== null)
    throw new RestoreError("obstacle", `${unproven}; ${live} is not dropped; ${byHand} [DBK-INPLACE-1]`);
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
