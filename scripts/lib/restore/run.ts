import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import type { Log } from "../program/log.ts";
import type { Output } from "../program/program.ts";

/** What every step of one restore or rollback works with. */
export interface RestoreRun {
  settings: Settings;
  database: DatabaseSettings;
  runId: string;
  log: Log;
  output: Output;
  signal: AbortSignal;
  /** Whether what differs from the manifest is only told. */
  acceptsDifferences: boolean;
}
