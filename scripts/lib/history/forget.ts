import type { Settings } from "../../contract/settings.ts";
import type { Log } from "../program/log.ts";
import { forgetMonths } from "./monthly-writer.ts";

/** The default for settings of an older version, which do not say how long records are kept. */
const usualDays = 400;

/** Removes records that are older than the settings allow. A failed removal is logged and does not fail the run. */
export function forgetOldRecords({ paths, retention }: Settings, log: Log, now: Date): void {
  const { months, problems } = forgetMonths(paths.backups, retention.runRecordsDays ?? usualDays, now);
  for (const month of months) log.event("info", null, `removed the records of runs of ${month}`);
  for (const problem of problems)
    log.event("warning", null, `old records of runs cannot be removed: ${problem} [DBK-RECORD-2]`);
}
