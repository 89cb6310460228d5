import type { Run } from "../postgres/run.ts";

/** A restore, a rollback or a rehearsal. */
export interface RestoreRun extends Run {
  /** Whether differences from the manifest are only logged. */
  acceptsDifferences: boolean;
}
