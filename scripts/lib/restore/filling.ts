import * as z from "zod/mini";
import type { Content } from "../content/content.ts";
import { readContent } from "../content/read-content.ts";
import { deadline } from "../deadline.ts";
import { formatDuration } from "../format.ts";
import { type QueryOptions, query } from "../psql.ts";
import { applicationName } from "../run-id.ts";
import type { DatabaseSettings } from "../settings.ts";
import { requireContent } from "./content-check.ts";
import { RestoreError } from "./errors.ts";
import type { LiveServer } from "./live-server.ts";
import { giveLoadSettings, loadUnderSettings, resetStatements } from "./load-settings.ts";
import { loadInto, loadingWay } from "./loading.ts";
import { DatabaseProperties, differingProperties, propertiesQuery } from "./properties.ts";
import { createStatement, propertyStatements } from "./recreation.ts";
import { createMissingRoles, dropRoles } from "./roles.ts";
import { questionOptions, type RestoreRun } from "./run.ts";
import { dropDatabase } from "./scratch-database.ts";
import type { RestoreSource } from "./source.ts";
import { detachSubscriptions } from "./subscriptions.ts";

export interface Filled {
  content: Content;
  createdRoles: string[];
}

/**
 * Makes the database `name`, restores the file into it, checks it and gives it the properties: it lacks nothing but
 * the live name then. If anything fails, what was made is taken away again.
 * @throws RestoreError, DockerError, PsqlError, InterruptedError
 */
export async function fillDatabase(
  run: RestoreRun,
  server: LiveServer,
  source: RestoreSource,
  properties: DatabaseProperties,
  name: string,
): Promise<Filled> {
  const { database, settings } = run;
  const limit = settings.timeouts.restore;
  const time = deadline(
    run.signal,
    limit,
    `the restore did not end within ${formatDuration(limit)} and was ended`,
  );
  const maintenance = questionOptions(run, server.maintenance, time.signal);
  const createdRoles: string[] = [];
  try {
    createdRoles.push(
      ...(await createMissingRoles(database, source, server, properties, {
        ...maintenance,
        signal: time.signal,
      })),
    );
    const [way] = await Promise.all([
      loadingWay(run, source, maintenance),
      query(database, createStatement(name, properties), maintenance),
    ]);
    await giveLoadSettings(run, source, properties, name, maintenance);
    const inside = { applicationName: applicationName(run.runId), dbname: name, signal: time.signal };
    await loadUnderSettings(run, source, properties, inside, () =>
      loadInto(run, source, name, way, time.signal),
    );
    // Side by side: none of them changes what another one reads.
    const [content] = await Promise.all([
      readContent(database, inside, source.manifest?.content?.proof ?? "rows"),
      query(database, "ANALYZE", inside),
      detachSubscriptions(run, name, maintenance),
    ]);
    requireContent(run, source.manifest, content, source.path);
    await giveProperties(database, name, properties, maintenance);
    return { content, createdRoles };
  } catch (error) {
    time.stop("another part of the restore failed");
    await takeAway(run, server, name, createdRoles);
    throw error;
  } finally {
    time.done();
  }
}

/** Drops a database of this run, and roles that it made; what cannot be dropped stays, with a warning. */
export async function takeAway(
  run: RestoreRun,
  server: LiveServer,
  name: string,
  roles: readonly string[] = [],
): Promise<void> {
  try {
    await dropDatabase(run, server.maintenance, name);
    await dropRoles(run.database, roles, questionOptions(run, server.maintenance));
  } catch {
    // What is left bears a name that the next run recognises.
    run.log.event("warning", run.database.name, `${name} could not be removed; the next run removes it`);
  }
}

async function giveProperties(
  database: DatabaseSettings,
  name: string,
  wanted: DatabaseProperties,
  options: QueryOptions,
): Promise<void> {
  const statements = [
    ...resetStatements(name, database.user),
    ...propertyStatements(name, wanted),
    propertiesQuery(name),
  ];
  // Some of the statements answer too.
  const answer = (await query(database, statements.join("\n"), options)).split("\n").at(-1);
  const found = z.parse(DatabaseProperties, JSON.parse(answer ?? ""));
  const wrong = differingProperties(wanted, found);
  if (wrong.length === 0) return;
  throw new RestoreError("check", `${name} could not be made like ${database.database}: ${wrong.join("; ")}`);
}
