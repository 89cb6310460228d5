import { createHash, randomInt } from "node:crypto";
import { readdirSync } from "node:fs";

/** The extent of the fault suite, and the seed of every random choice of a run. */

/** The whole suite (`npm run faults`), or the sample of `npm test`. */
export const full = process.env.FAULTS === "full";

/** The seed. The first process draws it and passes it to the processes of the tests. */
export function seed(): string {
  process.env.FAULT_SEED ??= String(randomInt(2 ** 32));
  return process.env.FAULT_SEED;
}

const filesInSample = 5;

/** The test files of a run: all, or as many as a sample has time for, or those of the command line. */
export function testFiles(words: readonly string[]): string[] {
  if (full) return ["test/faults/**/*.test.ts"];
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"));
  const named = words.some((word) => word.includes("faults"));
  return (named ? files : chosen("files", files.sort(), filesInSample)).map((file) => `test/faults/${file}`);
}

/** The share of a full run's occasions, to try its tests; never for the page, see run.ts. */
const share = Number(process.env.FAULT_SHARE ?? 1);

/** The number of occasions of a fault. */
export const times = (inFull: number, inSample: number): number =>
  full ? Math.ceil(inFull * share) : inSample;

export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
  /** Bytes of any value. */
  bytes(length: number): Buffer;
}

/** Random numbers that depend on the seed and the purpose, not on the order of the tests. */
export function randomFor(purpose: string): Random {
  let drawn = 0;
  const next = () => {
    drawn += 1;
    return createHash("sha256").update(`${seed()}/${purpose}/${drawn}`).digest().readUInt32LE(0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { next, below, bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))) };
}

/** All rows of a table in a full run, else `inSample` of them, chosen by the seed, in their order. */
export function chosen<T>(purpose: string, rows: readonly T[], inSample: number): readonly T[] {
  if (full) return rows;
  const random = randomFor(`choice of ${purpose}`);
  const places = new Set<number>();
  while (places.size < Math.min(inSample, rows.length)) places.add(random.below(rows.length));
  return rows.filter((_, place) => places.has(place));
}
