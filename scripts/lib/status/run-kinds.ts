import type { ProgramName } from "../../contract/programs.ts";
import type { DatabaseObservation } from "./observation.ts";

/** What runs of a program are called. */
export const kinds = {
  backup: "backup_database",
  restore: "restore_database",
  rehearsal: "rehearse_restore",
  pruning: "prune_backups",
  pinning: "pin_backup",
} as const satisfies Record<string, ProgramName>;
export type Kind = keyof typeof kinds;

/** One run for one database, as the records tell it, or the log where they do not. */
export interface SeenRun {
  runId: string | null;
  began: Date;
  outcome: "succeeded" | "skipped" | "failed" | "crashed" | "at-work";
  /** Why it did not succeed, or what failed beside it. */
  reason: string | null;
}

/** Who holds the locks of a database. */
export type LockHolders = Pick<DatabaseObservation, "settings" | "lockedBy"> & {
  rehearsals: Pick<DatabaseObservation["rehearsals"], "living">;
};
