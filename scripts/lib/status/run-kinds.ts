import type { ProgramName } from "../../contract/programs.ts";
import type { DatabaseObservation } from "./observation.ts";

/** The names of runs by program. */
export const kinds = {
  backup: "backup_database",
  restore: "restore_database",
  rehearsal: "rehearse_restore",
  pruning: "prune_backups",
  pinning: "pin_backup",
} as const satisfies Record<string, ProgramName>;
export type Kind = keyof typeof kinds;

/** One run for one database, from the records, or from the log if they lack it. */
export interface SeenRun {
  runId: string | null;
  began: Date;
  outcome: "succeeded" | "skipped" | "failed" | "crashed" | "at-work";
  /** Why it did not succeed, or which later step failed. */
  reason: string | null;
}

/** The holders of a database's locks. */
export type LockHolders = Pick<DatabaseObservation, "settings" | "lockedBy"> & {
  rehearsals: Pick<DatabaseObservation["rehearsals"], "living">;
};
