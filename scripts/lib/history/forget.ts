import type { Settings } from "../../contract/settings.ts";
import type { Log } from "../program/log.ts";
import { forgetMonths } from "./monthly-writer.ts";

/** Where the settings, of an older version, do not say how long records are kept. */
const usualDays = 400;

/** Removes the records that are older than the settings want. What cannot be removed is logged and fails no run. */
export function forgetOldRecords({ paths, retention }: Settings, log: Log, now: Date): void {
  const { months, problems } = forgetMonths(paths.backups, retention.runRecordsDays ?? usualDays, now);
  for (const month of months) log.event("info", null, `removed the records of runs of ${month}`);
  for (const problem of problems)
    log.event("warning", null, `old records of runs cannot be removed: ${problem} [DBK-RECORD-2]`);
}
