import { mkdirSync } from "node:fs";
import { identified } from "../../contract/error-ids.ts";
import type { RehearsalRecord } from "../../contract/rehearsal-record.ts";
import { messageOf } from "../base/errors.ts";
import { ExitCode } from "../base/exit-codes.ts";
import { exitCodeOf } from "../program/program.ts";
import { lockRehearsals } from "../recovery/rehearsal-lock.ts";
import { removeRemains } from "../recovery/rehearsal-remains.ts";
import type { RestoreRun } from "../restore/run.ts";
import { LockedError } from "../system/lock.ts";
import { type Choice, fileOf } from "./choice.ts";
import { judge } from "./judging.ts";

/** The result of one database in a run of rehearse_restore; `--json` prints it. */
export interface RehearsalOutcome {
  database: string;
  exitCode: ExitCode;
  /** Null if the rehearsal says nothing about the backup: it did not begin, was skipped or was interrupted. */
  record: RehearsalRecord | null;
  error: string | null;
}

/**
 * Rehearses one backup and logs the result. Never throws. Everything it made is removed.
 * @param begun called when no other rehearsal holds the lock.
 */
export async function rehearse(
  run: RestoreRun,
  choice: Choice,
  begun: () => void = () => {},
): Promise<RehearsalOutcome> {
  const { database, runId, settings } = run;
  try {
    const path = fileOf(settings, choice);
    const lock = await lockRehearsals(settings, database, "rehearse_restore", runId);
    try {
      begun();
      return await rehearseReserved(run, path);
    } finally {
      lock.release();
    }
  } catch (error) {
    return unbegun(run, error);
  }
}

/** The same for a caller that already holds the rehearsals' lock. */
export async function rehearseReserved(run: RestoreRun, path: string): Promise<RehearsalOutcome> {
  const { database, settings } = run;
  try {
    mkdirSync(settings.paths.backups, { recursive: true, mode: 0o700 });
    await removeRemains(run);
    return { database: database.name, ...(await judge(run, path)) };
  } catch (error) {
    return unbegun(run, error);
  }
}

function unbegun({ database, log }: RestoreRun, error: unknown): RehearsalOutcome {
  const exitCode = exitCodeOf(error);
  const text = identified(messageOf(error), "[DBK-REHEARSAL-2]");
  if (error instanceof LockedError) log.event("warning", database.name, `rehearsal refused: ${text}`);
  else if (exitCode === ExitCode.noSpace) log.event("warning", database.name, `rehearsal skipped: ${text}`);
  else log.event("error", database.name, `rehearsal failed: ${text}`);
  return { database: database.name, exitCode, record: null, error: text };
}
