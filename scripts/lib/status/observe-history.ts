import type { RunRecord } from "../../contract/run-record.ts";
import { messageOf } from "../base/errors.ts";
import type { RunRecords } from "../history/records.ts";
import { bootId, isThere } from "../system/process.ts";
import type { Observed, SeenHistory, Unreadable } from "./observation.ts";

/**
 * The size of the end of a month's records that is read: about four thousand runs, or two weeks of ten databases with
 * hourly backups.
 */
const readBytes = 4 * 1024 * 1024;

/** The records of this month and of the one before. */
export function observeHistory(
  records: Pick<RunRecords, "read">,
  now: Date,
): Observed<SeenHistory> | Unreadable {
  try {
    const read = () => records.read({ from: monthBefore(now), bytes: readBytes, now });
    const boot = bootId();
    const idsOf = (some: readonly RunRecord[]) => new Set(some.map(({ runId }) => runId));
    const gone = idsOf(read().records.filter((record) => !isThere(record)));
    // Read again: a run whose process is gone has written its end before.
    const value = read();
    const living = value.records.filter(({ bootId, runId }) => bootId === boot && !gone.has(runId));
    return { readable: true, value: { ...value, bootId: boot, living: idsOf(living) } };
  } catch (error) {
    return { readable: false, reason: messageOf(error) };
  }
}

const monthBefore = (now: Date): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
