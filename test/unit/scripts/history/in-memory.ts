import { parseRunRecord, type RunRecord } from "../../../../scripts/contract/run-record.ts";
import { monthOf, runRecordLine } from "../../../../scripts/contract/write-record.ts";
import {
  expiredMonths,
  inOrder,
  type RunRecords,
  type Unreadable,
} from "../../../../scripts/lib/history/records.ts";

/** The records of the toy: one text for each month. */
export interface Memory {
  months: Map<string, string>;
  /** The month of the last write. */
  newest: string;
  broken: boolean;
}

/** A toy implementation of run records, in memory only. */
export function inMemory(memory: Memory): RunRecords {
  const { months } = memory;
  const required = () => {
    if (memory.broken) throw new Error("the memory is broken");
  };
  const problem = (step: () => void = () => {}): string | null => {
    try {
      required();
      step();
      return null;
    } catch (error) {
      return String(error);
    }
  };
  return {
    append: (record) =>
      problem(() => {
        memory.newest = monthOf(record);
        const text = months.get(memory.newest) ?? "";
        const end = text === "" || text.endsWith("\n") ? "" : "\n";
        months.set(memory.newest, `${text}${end}${runRecordLine(record)}`);
      }),
    problem: () => problem(),
    read: ({ from = "", bytes = Number.POSITIVE_INFINITY, now }) => {
      required();
      const records: RunRecord[] = [];
      const unreadable: Unreadable[] = [];
      for (const month of inOrder(
        [...months.keys()].filter((one) => one >= from),
        now,
      )) {
        const text = months.get(month) ?? "";
        const end = text.slice(-bytes);
        for (const line of end.split("\n").slice(end === text ? 0 : 1)) {
          if (line === "") continue;
          try {
            records.push(parseRunRecord(line));
          } catch {
            unreadable.push({ where: month, behind: records.length });
          }
        }
      }
      return { records, unreadable };
    },
    forget: (days, now) => {
      const why = problem();
      if (why !== null) return { months: [], problems: [why] };
      const expired = expiredMonths([...months.keys()], days, now);
      for (const month of expired) months.delete(month);
      return { months: expired, problems: [] };
    },
  };
}
