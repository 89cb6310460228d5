import { DatabaseProperties } from "../../contract/database-properties.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { contentDifferences, contentNotes, roleDifferences } from "../content/differences.ts";
import { readContent } from "../content/read-content.ts";
import { type Uncompared, uncomparedParts } from "../content/uncompared.ts";
import { createStatement, propertyStatements } from "../postgres/create-database.ts";
import { differingProperties, propertiesQuery } from "../postgres/properties.ts";
import type { Server } from "../postgres/server.ts";
import { identifier } from "../postgres/sql.ts";
import { detachSubscriptions } from "../postgres/subscriptions.ts";
import { RestoreError } from "../restore/errors.ts";
import { loadInto, loadingWay } from "../restore/load-into.ts";
import { giveLoadSettings, loadUnderSettings, resetStatements } from "../restore/load-settings.ts";
import type { RestoreSource } from "../restore/source.ts";
import { gatherStatistics } from "../restore/statistics.ts";
import type { Place } from "./place.ts";

/**
 * Makes the database as a restore does: empty and like the old one, then the settings that the dump needs, the dump,
 * statistics, owner, grants, all settings, and its name last.
 * @returns the duration in seconds, and materialized views that could not be filled without another server.
 * @throws RestoreError, PsqlError, DockerError, InterruptedError
 */
export async function restoreOnTrial(
  { run, name, filledAs, maintenance, properties }: Place,
  source: RestoreSource,
  signal: AbortSignal,
): Promise<{ seconds: number; empty: Uncompared[] }> {
  const begun = performance.now();
  const server = run.server.in(maintenance, signal);
  const versionNumber = await requireVersion(server, source);
  const closing = `ALTER DATABASE ${identifier(filledAs)} CONNECTION LIMIT ${properties.connectionLimit};`;
  const [way] = await Promise.all([
    loadingWay(server, source),
    server.query(`${createStatement(filledAs, properties, versionNumber)}\n${closing}`),
  ]);
  // The trial server has the settings of the backup's server, so no difference has to be reported.
  const here = source.manifest?.cluster ?? { settings: [] };
  await giveLoadSettings(run, source, properties, filledAs, server, here);
  const inside = server.in(filledAs).within(null);
  const empty = await loadUnderSettings(run, source, properties, here, inside, () =>
    loadInto(run, source, filledAs, way, signal),
  );
  await detachSubscriptions(run, server, filledAs);
  await gatherStatistics(run, inside);
  const statements = [
    ...resetStatements(filledAs, run.database.user),
    ...propertyStatements(filledAs, properties),
    `ALTER DATABASE ${identifier(filledAs)} RENAME TO ${identifier(name)};`,
  ];
  await server.query(statements.join("\n"));
  return { seconds: Math.round(performance.now() - begun) / 1000, empty };
}

/** @returns the server's version, as server_version_num. */
async function requireVersion(server: Server, { majorVersion, path }: RestoreSource): Promise<number> {
  const versionNumber = Number(await server.query("SHOW server_version_num"));
  const major = Math.floor(versionNumber / 10_000);
  if (majorVersion === null || majorVersion <= major) return versionNumber;
  throw new RestoreError(
    "bad-file",
    `${path} is of PostgreSQL ${majorVersion}, newer than ${major} of the live container's image; update the image first [DBK-RESTORE-2]`,
  );
}

export interface Comparison {
  /** Differences of the restored database from the backup, one sentence each. */
  differences: string[];
  /** Differences that are allowed, and parts that were not compared. */
  notes: string[];
  untried: Uncompared[];
}

/**
 * Compares the restored database with everything in the manifest.
 * @throws PsqlError, DockerError, InterruptedError
 */
export async function compare(
  place: Place,
  manifest: Manifest | null,
  signal: AbortSignal,
): Promise<Comparison> {
  const { run, name, maintenance, properties } = place;
  const server = run.server.in(maintenance, signal);
  const found = await server.queryJson(DatabaseProperties, propertiesQuery(name));
  const differences = differingProperties(properties, found).map((text) => `the database's ${text}`);
  const expected = manifest?.content ?? null;
  if (expected === null) return { differences, notes: [], untried: [] };
  const content = await readContent(server.in(name).within(null), expected.proof);
  const roles = place.rolesRestored ? roleDifferences(expected.roles, content.roles) : [];
  return {
    differences: [...contentDifferences(expected, content), ...differences, ...roles],
    notes: contentNotes(expected, content).filter((note) => !roles.includes(note)),
    untried: uncomparedParts(expected),
  };
}
