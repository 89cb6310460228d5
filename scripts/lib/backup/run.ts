import { identified } from "../../contract/error-ids.ts";
import type { Manifest } from "../../contract/manifest.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { PsqlError } from "../postgres/psql-error.ts";
import { whyRefused } from "../postgres/refusal.ts";
import type { Run } from "../postgres/run.ts";
import type { Log } from "../program/log.ts";
import { exitCodeOf } from "../program/program.ts";
import { lockDatabase } from "../recovery/crashed-runs.ts";
import { databaseNames, dropLeftovers } from "../recovery/leftover-databases.ts";
import { dropExpiredPrevious } from "../recovery/previous-databases.ts";
import { forgetUndropped } from "../recovery/undropped.ts";
import { prune } from "../retention/apply.ts";
import { isShortOfSpace } from "../retention/survey.ts";
import { LockedError } from "../system/lock.ts";
import { adoptArchives } from "./adoption.ts";
import { takeBackup } from "./take.ts";

/** The result of one database in a run of backup_database; `--json` prints it. */
export interface BackupOutcome {
  database: string;
  exitCode: ExitCode;
  /** The new backup's manifest; null if there is none. */
  backup: Manifest | null;
  /** Adopted archives: found without a manifest, they have one now. */
  adopted: string[];
  /** Expired archives that were removed. */
  removed: string[];
  /** Dropped databases: leftovers of crashed runs, and expired databases that restores had replaced. */
  dropped: string[];
  error: string | null;
}

/** Callbacks for the progress of a backup. */
export interface BackupListener {
  progress?: (bytes: number) => void;
  /** Called when the database's lock is held: from then on the run works. */
  begun?: () => void;
}

/** Backs up one database: lock, clean-up after crashed runs, backup, adoption, retention. Never throws. */
export async function backUp(run: Run, { begun, ...listener }: BackupListener): Promise<BackupOutcome> {
  const { database, log, settings } = run;
  const outcome: BackupOutcome = {
    database: database.name,
    exitCode: ExitCode.success,
    backup: null,
    adopted: [],
    removed: [],
    dropped: [],
    error: null,
  };
  const attempt = async () => {
    const lock = await reporting(log, database.name, () => lockDatabase(run));
    begun?.();
    try {
      let present: string[] = [];
      const cleanUp = async () => {
        present = await databaseNames(run, database.database);
        outcome.dropped = await dropLeftovers(run, database.database, present);
        // Where a store that does not answer has filled the disk, there is room for a backup again.
        if (isShortOfSpace(settings, database))
          outcome.removed = (await prune(settings, database, log)).removed;
      };
      const backup = await takeBackup(run, { ...listener, class: "regular", lock, cleanUp });
      outcome.backup = backup;
      // Not after a failure: a failure is reported at once, and reading old archives may take as long as a backup.
      outcome.adopted = await adoptArchives(run);
      await forgetUndropped(run);
      const { removed, problems, heldBy } = await prune(settings, database, log);
      outcome.removed = [...outcome.removed, ...removed];
      if (problems.length > 0) {
        outcome.exitCode = ExitCode.failed;
        outcome.error = problems.join("; ");
      }
      if (heldBy !== null) return;
      const expired = await dropExpiredPrevious(run, present, backup);
      outcome.dropped = [...outcome.dropped, ...expired];
    } finally {
      lock.release();
    }
  };
  try {
    await attempt();
  } catch (error) {
    if (outcome.backup !== null)
      log.event(
        "error",
        database.name,
        `could not remove expired backups: ${messageOf(error)} [DBK-RETENTION-3]`,
      );
    const refusal = await refusalOf(error, run);
    if (refusal !== null) log.event("error", database.name, `no backup: ${refusal} [DBK-PG-1]`);
    const reported = refusal === null ? messageOf(error) : `${messageOf(error)}: ${refusal}`;
    return { ...outcome, exitCode: exitCodeOf(error), error: reported };
  }
  return outcome;
}

/** Why a connection was refused, with advice, in English whatever the server's language, if that can be found out. */
async function refusalOf(error: unknown, { server, signal }: Run): Promise<string | null> {
  if (!(error instanceof PsqlError) || error.kind !== "connection" || signal.aborted) return null;
  const refusal = await whyRefused(server.until(signal)).catch(() => null);
  return refusal === null ? null : `${refusal.text}; ${refusal.advice}`;
}

/** Logs why a backup could not begin. Once it has begun, takeBackup logs by itself. */
async function reporting<T>(log: Log, database: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof LockedError) log.event("warning", database, `backup refused: ${error.message}`);
    else log.event("error", database, identified(`backup failed: ${messageOf(error)}`, "[DBK-BACKUP-1]"));
    throw error;
  }
}
