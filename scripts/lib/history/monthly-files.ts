import { closeSync, fstatSync, readSync } from "node:fs";
import { basename } from "node:path";
import { parseRunRecord, type RunRecord } from "../../contract/run-record.ts";
import { logProblem } from "../program/regular-file.ts";
import { openRecords, requireAppendable } from "./append.ts";
import { attempt, forgetMonths, monthlyAppender, monthPath, monthsIn } from "./monthly-writer.ts";
import { inOrder, type RunRecords, type Unreadable } from "./records.ts";

/**
 * Records as lines of JSON, one file per month, `.runs-2026-11.jsonl`, in the directory of the backups. Lines of two
 * machines that share a directory may mix; then they are unreadable, and are reported as such.
 */
export function monthlyFiles(directory: string): RunRecords {
  return {
    ...monthlyAppender(directory),
    problem: () => attempt(directory, new Date().toISOString().slice(0, 7), requireAppendable),
    forget: (days, now) => forgetMonths(directory, days, now),
    read: ({ from = "", bytes = Number.POSITIVE_INFINITY, now }) => {
      const months = monthsIn(directory).filter((month) => month >= from);
      const records: RunRecord[] = [];
      const unreadable: Unreadable[] = [];
      for (const month of inOrder(months, now)) {
        for (const [line, where] of linesOf(monthPath(directory, month), bytes)) {
          try {
            records.push(parseRunRecord(line));
          } catch {
            unreadable.push({ where, behind: records.length });
          }
        }
      }
      return { records, unreadable };
    },
  };
}

/**
 * The lines at the end of a file, each with its place. Empty lines are left out.
 * @throws Error that names the file
 */
function linesOf(path: string, bytes: number): [line: string, where: string][] {
  const { text, isCut } = textOf(path, bytes);
  const lines = text.split("\n").map((line, index): [string, string] => [
    line,
    // Line numbers are only known if all lines were read.
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
