import { closeSync, fstatSync, readdirSync, readSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { runRecordsMonth, runRecordsName } from "../../contract/backup-names.ts";
import { monthOf, parseRunRecord, type RunRecord, runRecordLine } from "../../contract/run-record.ts";
import { systemCode } from "../base/errors.ts";
import { logProblem } from "../program/log-file.ts";
import { missingMount, missingMountText } from "../system/mounts.ts";
import { appendLine, openRecords, requireAppendable } from "./append.ts";
import { expiredMonths, inOrder, type RunRecords, type Unreadable } from "./records.ts";

/**
 * Records as lines of JSON, a file a month, `.runs-2026-11.jsonl`, in the directory of the backups. The lines of two
 * machines that share a directory may mix; then they are unreadable, and said to be.
 */
export function monthlyFiles(directory: string): RunRecords {
  const pathOf = (month: string) => join(directory, runRecordsName(month));
  /** Why a step could not be taken with a month's file; null when it was. */
  const attempt = (month: string, step: (path: string) => void): string | null => {
    const path = pathOf(month);
    try {
      const missing = missingMount(directory);
      if (missing !== null) return missingMountText(directory, missing);
      step(path);
      return null;
    } catch (error) {
      return `${path}: ${logProblem(error)}`;
    }
  };
  return {
    place: pathOf("*"),
    append: (record) => attempt(monthOf(record), (path) => appendLine(path, runRecordLine(record))),
    problem: () => attempt(new Date().toISOString().slice(0, 7), requireAppendable),
    read: ({ from = "", bytes = Number.POSITIVE_INFINITY, now }) => {
      const months = monthsIn(directory).filter((month) => month >= from);
      const records: RunRecord[] = [];
      const unreadable: Unreadable[] = [];
      for (const month of inOrder(months, now)) {
        const path = pathOf(month);
        for (const [line, where] of linesOf(path, bytes)) {
          try {
            records.push(parseRunRecord(line));
          } catch {
            unreadable.push({ where, behind: records.length });
          }
        }
      }
      return { records, unreadable };
    },
    forget: (days, now) => {
      const months: string[] = [];
      const problems: string[] = [];
      for (const month of expiredMonths(monthsIn(directory), days, now)) {
        const problem = attempt(month, unlinkSync);
        if (problem === null) months.push(month);
        else problems.push(problem);
      }
      return { months, problems };
    },
  };
}

function monthsIn(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((name) => runRecordsMonth(name) ?? []);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * The lines at the end of a file, each with where it is; empty ones are left out.
 * @throws Error that names the file
 */
function linesOf(path: string, bytes: number): [line: string, where: string][] {
  const { text, isCut } = textOf(path, bytes);
  const lines = text.split("\n").map((line, index): [string, string] => [
    line,
    // Numbers of lines say nothing where not all of them were read.
    isCut ? basename(path) : `${basename(path)}, line ${index + 1}`,
  ]);
  return (isCut ? lines.slice(1) : lines).filter(([line]) => line !== "");
}

function textOf(path: string, bytes: number): { text: string; isCut: boolean } {
  try {
    const fd = openRecords(path);
    if (fd === null) return { text: "", isCut: false };
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, bytes));
      const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      return { text: buffer.toString("utf8", 0, length), isCut: size > bytes };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new Error(`${path}: ${logProblem(error)}`, { cause: error });
  }
}
