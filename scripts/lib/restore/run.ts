import type { Run } from "../postgres/run.ts";

/** A restore, a rollback or a rehearsal. */
export interface RestoreRun extends Run {
  /** Whether what differs from the manifest is only reported. */
  acceptsDifferences: boolean;
}
