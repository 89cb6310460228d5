import { previousName } from "../postgres/database-names.ts";
import { databaseStateOf } from "../postgres/database-state.ts";
import { dropDatabase } from "../postgres/drop-database.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import { RestoreError } from "./errors.ts";
import type { RestoreRun } from "./run.ts";
import { swapDatabases } from "./swap.ts";

export interface TakenName {
  /** The name under which the former live database is kept; null if there was none. */
  previous: string | null;
  /** How long clients were cut off; null if unknown. */
  cutOffSeconds: number | null;
}

const attempts = 3;
/** duplicate_database and undefined_database: an application that starts may have made one in between. */
const changedMeanwhile: ReadonlySet<string | null> = new Set(["42P04", "3D000"]);

/**
 * Gives a database the live name. A database that has this name now is kept under a previous name, whoever made it.
 * @throws RestoreError `swap` or `unknown`, PsqlError, DockerError
 */
export async function takeLiveName(
  run: RestoreRun,
  maintenance: string,
  incoming: string,
): Promise<TakenName> {
  const live = run.database.database;
  for (let attempt = 1; ; attempt += 1) {
    const databaseState = await databaseStateOf(run.server.in(maintenance), live);
    if (databaseState === "invalid") await dropDatabase(run, maintenance, live);
    const previous = databaseState === "whole" ? previousName(live, run.runId) : null;
    try {
      const cutOffSeconds = await swapDatabases(run, maintenance, { live, incoming, outgoing: previous });
      return { previous, cutOffSeconds: previous === null ? null : cutOffSeconds };
    } catch (error) {
      const { cause } = error instanceof RestoreError && error.kind === "swap" ? error : {};
      const again = cause instanceof PsqlError && changedMeanwhile.has(cause.sqlState);
      if (!again || attempt === attempts) throw error;
    }
  }
}
