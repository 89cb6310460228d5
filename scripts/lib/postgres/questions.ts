import type { DatabaseSettings, Settings } from "../../contract/settings.ts";
import { applicationName } from "../base/run-id.ts";
import type { QueryOptions } from "./psql.ts";

export type QuestionOptions = QueryOptions & { timeoutSeconds: number };

/** What a question needs to know of its run. */
export interface AskingRun {
  settings: Settings;
  database: DatabaseSettings;
  runId: string;
}

/** For questions that end soon; without `signal` for what has to be done also after an interruption. */
export function questionOptions(run: AskingRun, dbname: string, signal?: AbortSignal): QuestionOptions {
  return {
    applicationName: applicationName(run.runId),
    dbname,
    timeoutSeconds: run.settings.timeouts.query,
    ...(signal === undefined ? {} : { signal }),
  };
}
