import type { Log } from "../log.ts";
import type { Output } from "../program.ts";
import type { QueryOptions } from "../psql.ts";
import { applicationName } from "../run-id.ts";
import type { DatabaseSettings, Settings } from "../settings.ts";

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

export type QuestionOptions = QueryOptions & { timeoutSeconds: number };

/** What a question needs to know of its run. */
export type AskingRun = Pick<RestoreRun, "settings" | "database" | "runId">;

/** For questions that end soon; without `signal` for what has to be done also after an interruption. */
export function questionOptions(run: AskingRun, dbname: string, signal?: AbortSignal): QuestionOptions {
  return {
    applicationName: applicationName(run.runId),
    dbname,
    timeoutSeconds: run.settings.timeouts.query,
    ...(signal === undefined ? {} : { signal }),
  };
}
