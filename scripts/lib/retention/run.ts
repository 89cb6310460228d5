import { identified } from "../../contract/error-ids.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import type { Run } from "../postgres/run.ts";
import { exitCodeOf } from "../program/program.ts";
import { lockDatabase } from "../recovery/crashed-runs.ts";
import { LockedError } from "../system/lock.ts";
import { prune } from "./apply.ts";

/** The result of one database in a run of prune_backups; `--json` prints it. */
export interface PruningOutcome {
  database: string;
  exitCode: ExitCode;
  /** The removed archives. */
  removed: string[];
  /** The suspiciously small archive for which older ones are kept; null if there is none. */
  heldBy: string | null;
  error: string | null;
}

/** Prunes one database as a backup run does: under its lock, after cleaning up behind crashed runs. Never throws. */
export async function pruneLocked(run: Run): Promise<PruningOutcome> {
  const { database, log, settings } = run;
  const outcome: PruningOutcome = {
    database: database.name,
    exitCode: ExitCode.success,
    removed: [],
    heldBy: null,
    error: null,
  };
  try {
    const lock = await lockDatabase(run);
    try {
      const { removed, problems, heldBy } = await prune(settings, database, log);
      const failed = problems.length > 0;
      return {
        ...outcome,
        ...(failed ? { exitCode: ExitCode.failed, error: problems.join("; ") } : {}),
        removed,
        heldBy,
      };
    } finally {
      lock.release();
    }
  } catch (error) {
    const what = error instanceof LockedError ? "pruning refused" : "pruning failed";
    log.event(
      error instanceof LockedError ? "warning" : "error",
      database.name,
      identified(`${what}: ${messageOf(error)}`, "[DBK-RETENTION-3]"),
    );
    return { ...outcome, exitCode: exitCodeOf(error), error: messageOf(error) };
  }
}
