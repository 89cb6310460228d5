import type { Settings } from "../../contract/settings.ts";
import { isSuccess, readRehearsals } from "../store/rehearsals.ts";

/** Milliseconds by which a clock may differ after it was set. */
const clockTolerance = 5 * 60_000;

/** Whether a rehearsal of the database succeeded recently enough; false if unknown. */
export function hasYoungRehearsal({ paths, rehearsal }: Settings, database: string, now: Date): boolean {
  try {
    return readRehearsals(paths.backups, database).some((record) => {
      const age = now.getTime() - new Date(record.startedAt).getTime();
      return isSuccess(record) && age >= -clockTolerance && age <= rehearsal.maximumAgeHours * 3_600_000;
    });
  } catch {
    return false;
  }
}
