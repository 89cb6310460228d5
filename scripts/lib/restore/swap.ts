import { messageOf } from "../base/errors.ts";
import { findDatabaseState } from "../postgres/database-state.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import type { Run } from "../postgres/run.ts";
import { identifier } from "../postgres/sql.ts";
import { holdConnections, runWithoutClients } from "./client-cut-off.ts";
import { RestoreError } from "./errors.ts";

export interface Swap {
  /** The name under which clients connect. */
  live: string;
  /** The database that becomes the live one. */
  incoming: string;
  /** The new name of the present live database; null if there is none. */
  outgoing: string | null;
}

/**
 * The swap in one transaction: after a crash at any statement either all or nothing has happened.
 * @param holding whether new connections wait meanwhile.
 */
export function swapStatements({ live, incoming, outgoing }: Swap, holding: boolean): string[] {
  const come = [
    `ALTER DATABASE ${identifier(incoming)} RENAME TO ${identifier(live)}`,
    `ALTER DATABASE ${identifier(live)} ALLOW_CONNECTIONS true`,
  ];
  if (outgoing === null) return ["BEGIN", ...come, "COMMIT"];
  return [
    "BEGIN",
    ...(holding ? [holdConnections] : []),
    `ALTER DATABASE ${identifier(live)} RENAME TO ${identifier(outgoing)}`,
    ...come,
    `ALTER DATABASE ${identifier(outgoing)} ALLOW_CONNECTIONS false`,
    "COMMIT",
  ];
}

/**
 * Gives another database the live name, in one transaction. It cannot be interrupted; it takes seconds at most.
 * @param maintenance another database.
 * @returns for how many seconds clients were cut off; null if the commit took effect but its answer was lost.
 * @throws RestoreError `swap` if nothing has changed, `unknown` if that could not be found out.
 */
export async function swapDatabases(
  run: Pick<Run, "runId" | "server">,
  maintenance: string,
  swap: Swap,
): Promise<number | null> {
  const { live, incoming, outgoing } = swap;
  const locked = outgoing === null ? incoming : live;
  const server = run.server.in(maintenance);
  try {
    const databases = [live, incoming];
    return await holdingIfPossible((holding) =>
      runWithoutClients(server, locked, databases, swapStatements(swap, holding)),
    );
  } catch (error) {
    const what = `could not replace ${live} by ${incoming}: ${messageOf(error)}`;
    const databaseState = await findDatabaseState(server, run.runId, incoming);
    if (databaseState === "absent") return null;
    if (databaseState !== null)
      throw new RestoreError("swap", `${what}; nothing has changed; run it again [DBK-RESTORE-7]`, error);
    throw new RestoreError(
      "unknown",
      `${what}; ${live} is wholly the old or the new one: see --list when the server answers [DBK-RESTORE-14]`,
      error,
    );
  }
}

/** lock_not_available, and insufficient_privilege for a user without superuser rights. */
const notHeld: ReadonlySet<string | null> = new Set(["55P03", "42501"]);

/**
 * Swaps with connections held. If they cannot be held, it swaps without: a client may then fail twice. If the rename
 * itself was refused, it is refused again, and that is the error.
 */
async function holdingIfPossible<T>(attempt: (holding: boolean) => Promise<T>): Promise<T> {
  try {
    return await attempt(true);
  } catch (error) {
    if (!(error instanceof PsqlError && notHeld.has(error.sqlState))) throw error;
    return attempt(false);
  }
}
