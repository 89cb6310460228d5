import * as z from "zod/mini";
import type { Content } from "../../contract/content.ts";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import type { Load } from "../archive/load.ts";
import { deadline } from "../base/deadline.ts";
import { formatDuration } from "../base/format.ts";
import { readContent } from "../content/read-content.ts";
import { createStatement, propertyStatements } from "../postgres/create-database.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import { differingProperties, propertiesQuery } from "../postgres/properties.ts";
import type { Server } from "../postgres/server.ts";
import { detachSubscriptions } from "../postgres/subscriptions.ts";
import { requireContent } from "./content-check.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import { loadInto, loadingWay } from "./load-into.ts";
import { giveLoadSettings, loadUnderSettings, resetStatements } from "./load-settings.ts";
import { createMissingRoles, dropRoles } from "./roles.ts";
import type { RestoreRun } from "./run.ts";
import type { RestoreSource } from "./source.ts";
import { gatherStatistics } from "./statistics.ts";

export interface Filled {
  content: Content;
  createdRoles: string[];
}

/** A database that is being filled. */
export interface Filling {
  name: string;
  way: Load["way"];
  /** Queries the database, and another database of the server. */
  inside: Server;
  maintenance: Server;
  signal: AbortSignal;
}

export interface FillingSteps<T> {
  load: (filling: Filling) => Promise<void>;
  /** All steps after the load. After them the database lacks only the live name. */
  finish: (filling: Filling) => Promise<T>;
}

/**
 * Makes the database `name` with the roles and settings that the file needs, and fills it. If anything fails, database
 * and roles are removed again.
 * @throws RestoreError, DockerError, PsqlError, InterruptedError
 */
export async function fill<T extends object>(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  name: string,
  { finish, load }: FillingSteps<T>,
): Promise<T & { createdRoles: string[] }> {
  const limit = run.settings.timeouts.restore;
  const time = deadline(
    run.signal,
    limit,
    `the restore exceeded its time limit of ${formatDuration(limit)} and was stopped; raise backups.timeouts.restore [DBK-RESTORE-13]`,
  );
  const { signal } = time;
  const maintenance = run.server.in(server.maintenance, signal);
  const createdRoles: string[] = [];
  try {
    createdRoles.push(...(await createMissingRoles(maintenance, source, server, properties, signal)));
    const [way] = await Promise.all([
      loadingWay(maintenance, source),
      maintenance.query(createStatement(name, properties, server.versionNumber)),
    ]);
    const here = server.cluster;
    await giveLoadSettings(run, source, properties, name, maintenance, here);
    const inside = maintenance.in(name).within(null);
    const filling = { name, way, inside, maintenance, signal };
    await loadUnderSettings(run, source, properties, here, inside, () => load(filling));
    return { ...(await finish(filling)), createdRoles };
  } catch (error) {
    time.stop("another part of the restore failed");
    await dropAndCleanUp(run, server, name, createdRoles);
    throw error;
  } finally {
    time.done();
  }
}

/**
 * Fills the new database `name` with the whole file, checks it and gives it the properties.
 * @throws as `fill`
 */
export const fillDatabase = (
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  name: string,
): Promise<Filled> =>
  fill(run, server, source, properties, name, {
    load: async ({ signal, way }) => {
      for (const { what, why } of await loadInto(run, source, name, way, signal)) {
        const hint = "REFRESH MATERIALIZED VIEW fills it once that server answers [DBK-RESTORE-12]";
        run.log.event("warning", run.database.name, `${what} is empty: ${why}; ${hint}`);
      }
    },
    finish: async ({ inside, maintenance }) => {
      // First: the others may alter the event triggers' states for a moment too.
      await detachSubscriptions(run, maintenance, name);
      // In parallel: none of them changes the data that another one reads.
      const reading = readContent(inside, source.manifest?.content?.proof ?? "rows");
      const [content] = await Promise.all([reading, gatherStatistics(run, inside, reading)]);
      requireContent(run, source.manifest, content, source.path);
      await giveProperties(maintenance, name, properties);
      return { content };
    },
  });

/** Drops a database and roles that this run made. If that fails, they stay, and a warning is logged. */
export async function dropAndCleanUp(
  run: RestoreRun,
  server: LiveServer,
  name: string,
  roles: readonly string[] = [],
): Promise<void> {
  try {
    await dropDatabase(run, server.maintenance, name);
    await dropRoles(run.server.in(server.maintenance), roles);
  } catch {
    // The next run recognises the leftovers by their names.
    run.log.event(
      "warning",
      run.database.name,
      `could not remove ${name}; the next run removes it [DBK-RECOVERY-3]`,
    );
  }
}

/**
 * Replaces the settings of the load by the database's final properties.
 * @throws RestoreError `check` if the properties differ afterwards; PsqlError, DockerError, InterruptedError
 */
export async function giveProperties(
  server: Server,
  name: string,
  wanted: DatabaseProperties,
): Promise<void> {
  const { database } = server;
  const statements = [
    ...resetStatements(name, database.user),
    ...propertyStatements(name, wanted),
    propertiesQuery(name),
  ];
  // Some of the statements print output too.
  const answer = (await server.query(statements.join("\n"))).split("\n").at(-1);
  const found = z.parse(DatabaseProperties, JSON.parse(answer ?? ""));
  const wrong = differingProperties(wanted, found);
  if (wrong.length === 0) return;
  throw new RestoreError(
    "check",
    `could not make ${name} like ${database.database}: ${wrong.join("; ")} [DBK-RESTORE-5]`,
  );
}
