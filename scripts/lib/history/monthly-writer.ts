import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runRecordsMonth, runRecordsName } from "../../contract/backup-names.ts";
import { monthOf, runRecordLine } from "../../contract/write-record.ts";
import { messageOf, systemCode } from "../base/errors.ts";
import { logProblem } from "../program/regular-file.ts";
import { missingMount, missingMountText } from "../system/mounts.ts";
import { appendLine } from "./append.ts";
import { expiredMonths, type Forgotten, type RecordsAppender } from "./records.ts";

/** The file of a month. */
export const monthPath = (directory: string, month: string): string => join(directory, runRecordsName(month));

/** The part of `monthlyFiles` for programs that only write records. So their bundles do not contain the rest. */
export const monthlyAppender = (directory: string): RecordsAppender => ({
  append: (record) => attempt(directory, monthOf(record), (path) => appendLine(path, runRecordLine(record))),
});

/** As `RunRecords.forget`. */
export function forgetMonths(directory: string, days: number, now: Date): Forgotten {
  const months: string[] = [];
  const problems: string[] = [];
  try {
    for (const month of expiredMonths(monthsIn(directory), days, now)) {
      // Another run may remove the same files.
      const problem = attempt(directory, month, (path) => rmSync(path, { force: true }));
      if (problem === null) months.push(month);
      else problems.push(problem);
    }
  } catch (error) {
    problems.push(messageOf(error));
  }
  return { months, problems };
}

/** Why a step with a month's file failed; null if it succeeded. */
export function attempt(directory: string, month: string, step: (path: string) => void): string | null {
  const path = monthPath(directory, month);
  try {
    const missing = missingMount(directory);
    if (missing !== null) return missingMountText(directory, missing);
    step(path);
    return null;
  } catch (error) {
    return `${path}: ${logProblem(error)}`;
  }
}

/** @throws a system error if the directory exists and cannot be read. */
export function monthsIn(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => runRecordsMonth(name) ?? []);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
