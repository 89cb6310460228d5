import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The results that a run writes. The page is made from them. */

/** The promises that hold under every fault, in the page's words. */
export const promises = {
  exit: "the exit code is not 0",
  log: "the log says why",
  status: "the status check says why",
  names: "nothing under a final name that is not a good backup",
  older: "every older backup is byte for byte what it was",
  live: "the live database is what it was, or, where the swap was reached, wholly the new one",
  left: "after the next run no scratch database, unfinished file, lock, session, transaction, throw-away container or volume",
  found: "verification finds it",
  refused: "the restore program refuses it",
  works: "the run succeeds and what it leaves is right",
} as const;
export type PromiseKept = keyof typeof promises;

export interface Tallied {
  /** The test file, below the repository. */
  file: string;
  fault: string;
  /** The number of times that it was provoked. */
  times: number;
  kept: readonly PromiseKept[];
}

export const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];

/** The combined rows of a fault. */
export interface Survived {
  fault: string;
  times: number;
  /** The number of checks of each promise. */
  looked: Partial<Record<PromiseKept, number>>;
}

/** The file of a results directory with the passed test files. */
export const passedList = (directory: string): string => join(directory, "passed");

export const passedFiles = (directory: string): string[] => linesOf(passedList(directory));

/** The results of these test files, with the rows of the same fault combined. */
export function readTally(directory: string, files: readonly string[]): Survived[] {
  const rows = new Map<string, Survived>();
  for (const { fault, times, kept } of readRows(directory, files)) {
    const row = rows.get(fault) ?? { fault, times: 0, looked: {} };
    row.times += times;
    for (const kind of kept) row.looked[kind] = (row.looked[kind] ?? 0) + times;
    rows.set(fault, row);
  }
  return [...rows.values()];
}

function readRows(directory: string, files: readonly string[]): Tallied[] {
  const rows: Tallied[] = [];
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".jsonl"))) {
    for (const line of linesOf(join(directory, name))) {
      const row: Tallied = JSON.parse(line);
      if (files.includes(row.file)) rows.push(row);
    }
  }
  return rows;
}

/**
 * Removes the results of files that have not passed, because they run again. Not while another run has the same seed.
 */
export function forgetOthers(directory: string, passed: readonly string[]): void {
  const rows = readRows(directory, passed);
  for (const name of readdirSync(directory).filter((file) => file.endsWith(".jsonl")))
    rmSync(join(directory, name));
  writeFileSync(join(directory, "before.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(passedList(directory), passed.map((file) => `${file}\n`).join(""));
}
