import * as z from "zod/mini";
import type { Cluster } from "../../contract/cluster.ts";
import { DatabaseProperties } from "../../contract/database-properties.ts";
import { ProgramError } from "../base/errors.ts";
import { readCluster } from "../postgres/cluster.ts";
import { jsonList } from "../postgres/json-list.ts";
import { propertiesQuery } from "../postgres/properties.ts";
import type { RestoreRun } from "../restore/run.ts";

const LiveFacts = z.object({
  /** As server_version_num: 150018. */
  versionNumber: z.int(),
  properties: DatabaseProperties,
  roles: z.array(z.string()),
  tablespaces: z.array(z.string()),
  preloaded: z.array(z.string()),
});
export interface LiveFacts extends z.infer<typeof LiveFacts> {
  cluster: Cluster;
}

const factsQuery = (name: string): string => `
select json_build_object(
  'versionNumber', current_setting('server_version_num')::int,
  'properties', (${propertiesQuery(name)}),
  'roles', (select ${jsonList(`rolname`)} from pg_roles where rolname !~ '^pg_'),
  'tablespaces', (select ${jsonList(`spcname`)} from pg_tablespace where spcname !~ '^pg_'),
  'preloaded', (select ${jsonList(`trim(library)`)}
    from unnest(string_to_array(current_setting('shared_preload_libraries'), ',')) library where trim(library) <> ''))`;

/** The facts of the live server that a rehearsal needs. @throws PsqlError, DockerError, InterruptedError */
async function readLiveFacts(run: RestoreRun): Promise<LiveFacts> {
  const server = run.server.until(run.signal);
  const [facts, cluster] = await Promise.all([
    server.queryJson(LiveFacts, factsQuery(server.dbname)),
    readCluster(server),
  ]);
  return { ...facts, cluster };
}

/** Null if the live server does not answer: a rehearsal must work without it. */
export async function findLiveFacts(run: RestoreRun): Promise<LiveFacts | null> {
  try {
    return await readLiveFacts(run);
  } catch (error) {
    if (run.signal.aborted || !(error instanceof ProgramError)) throw error;
    return null;
  }
}
