import { availableParallelism } from "node:os";
import { randomFor } from "./faults/extent.ts";

/**
 * Which tests run when. `npm test` proves what loses data, alarms or access; what stands here is for `npm run test:full`,
 * because something in `npm test` proves the same at a cheaper level, or because it is a matrix of what is proven once.
 */

/** A test file that `npm test` leaves to `npm run test:full`. */
export interface LaterFile {
  file: string;
  /** What it takes on one of three workers of a machine with two processors, in seconds. */
  seconds: number;
  /** What `npm test` has instead. */
  instead: string;
}

export const later: readonly LaterFile[] = [];

/** Tests that drive real servers wait as much as they compute: one more at once than there are processors. */
export const workers: number = Math.max(2, Math.min(availableParallelism() + 1, 12));

/** Vitest's words without what is for later; files that somebody names run, whatever tier they are in. */
export const usualWords = (words: readonly string[]): readonly string[] =>
  words.some((word) => word.includes("test/"))
    ? words
    : [...words, ...later.map(({ file }) => `--exclude=${file}`)];

/**
 * As many of the later files as have time, in an order of the seed.
 * @param seconds of the clock, for all of them
 */
export function chosenForRest(seconds: number, files: readonly LaterFile[] = later): string[] {
  const random = randomFor("order of the rest");
  const order = files
    .map((one) => ({ ...one, place: random.next() }))
    .sort((one, other) => one.place - other.place);
  const chosen: string[] = [];
  let spent = 0;
  for (const { file, seconds: own } of order) {
    // Workers share the sum; the longest file is on one of them.
    if (own > seconds || (spent + own) / workers > seconds) continue;
    spent += own;
    chosen.push(file);
  }
  return chosen;
}
