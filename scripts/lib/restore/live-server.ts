import * as z from "zod/mini";
import type { Cluster } from "../../contract/cluster.ts";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import { messageOf, ProgramError } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { readCluster } from "../postgres/cluster.ts";
import { type MadeDatabase, madePrefixes, recogniseDatabase } from "../postgres/database-names.ts";
import { jsonList } from "../postgres/json-list.ts";
import { propertiesQuery } from "../postgres/properties.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Server } from "../postgres/server.ts";
import { literal } from "../postgres/sql.ts";

const Facts = z.object({
  /** As server_version_num: 150018. */
  versionNumber: z.int(),
  version: z.string(),
  superuser: z.boolean(),
  preparedTransactions: z.array(z.string()),
  logicalSlots: z.array(z.string()),
  subscriptions: z.int(),
  roles: z.array(z.string()),
  /** With the sizes of the live one and of those made beside it. */
  databases: z.array(z.object({ name: z.string(), invalid: z.boolean(), bytes: z.nullable(z.int()) })),
  /** The one database in which the extension pg_cron can be made; null where it is not set up. */
  cronDatabase: z.nullable(z.string()),
  /** Null too for an invalid database, the remains of an interrupted DROP: it cannot be used any more. */
  liveOid: z.nullable(z.int()),
  live: z.nullable(DatabaseProperties),
});

export interface KeptDatabase extends MadeDatabase {
  name: string;
  bytes: number;
}

export interface LiveServer extends z.infer<typeof Facts> {
  /** The database from which databases are made, renamed and dropped; never the live one. */
  maintenance: string;
  cluster: Cluster;
  /** Size of the live database; null if there is none under its name. */
  liveBytes: number | null;
  /** What restores of this database made, newest first. */
  made: KeptDatabase[];
}

/**
 * Only for databases of ours. A database that is being dropped may have no readable size, and other databases do not
 * matter here.
 */
const bytesOf = (live: string): string => {
  const made = madePrefixes(live).map((prefix) => ` or starts_with(datname, ${literal(prefix)})`);
  return `case when datconnlimit <> -2 and (datname = ${literal(live)}${made.join("")})
    then coalesce(pg_database_size(oid), 0) end`;
};

const factsQuery = (name: string): string => `
select json_build_object(
  'versionNumber', current_setting('server_version_num')::int,
  'version', current_setting('server_version'),
  'superuser', (select rolsuper from pg_roles where rolname = current_user),
  'preparedTransactions', (select ${jsonList(`gid`)} from pg_prepared_xacts where database = ${literal(name)}),
  'logicalSlots', (select ${jsonList(`slot_name`)} from pg_replication_slots where database = ${literal(name)}),
  'subscriptions', (select count(*) from pg_subscription where subdbid = (select oid from pg_database where datname = ${literal(name)})),
  'roles', (select json_agg(rolname) from pg_roles),
  'databases', (select json_agg(json_build_object(
    'name', datname, 'invalid', datconnlimit = -2, 'bytes', ${bytesOf(name)})) from pg_database),
  'cronDatabase', current_setting('cron.database_name', true),
  'liveOid', (select oid::bigint from pg_database where datname = ${literal(name)} and datconnlimit <> -2),
  'live', (${propertiesQuery(name)}))`;

const maintenanceCandidates = ["postgres", "template1"];

/**
 * Reads the facts of the server that a restore needs. Changes nothing.
 * @throws PsqlError, DockerError; ProgramError when no database but the live one can be connected to.
 */
export async function readLiveServer(server: Server): Promise<LiveServer> {
  const live = server.database.database;
  const { maintenance, facts } = await readFacts(server, live);
  const cluster = await readCluster(server.in(maintenance));
  const made = facts.databases.flatMap(({ name, invalid, bytes }) => {
    const recognised = recogniseDatabase(live, name);
    // An invalid database, left by an interrupted DROP, cannot be brought back.
    if (recognised === null || (recognised.kind === "previous" && invalid)) return [];
    return [{ ...recognised, name, bytes: bytes ?? 0 }];
  });
  made.sort((a, b) => (a.runId < b.runId ? 1 : -1));
  const liveBytes = facts.databases.find(({ name }) => name === live)?.bytes ?? null;
  return { ...facts, maintenance, cluster, liveBytes, made };
}

async function readFacts(server: Server, live: string) {
  let reason = "";
  for (const maintenance of maintenanceCandidates) {
    if (maintenance === live) continue;
    try {
      const facts = await server.in(maintenance).queryJson(Facts, factsQuery(live));
      return { maintenance, facts };
    } catch (error) {
      // 3D000: there is no such database; 55000: it takes no connections.
      const absent = error instanceof PsqlError && ["3D000", "55000", null].includes(error.sqlState);
      if (!absent || error.kind !== "connection") throw error;
      reason = messageOf(error);
    }
  }
  throw new ProgramError(
    `cannot connect to ${maintenanceCandidates.join(" or ")}, and replacing a database needs one of them: ${reason} [DBK-PG-5]`,
    ExitCode.unavailable,
  );
}
